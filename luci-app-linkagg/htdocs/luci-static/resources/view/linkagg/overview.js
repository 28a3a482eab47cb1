'use strict';
'require view';
'require rpc';
'require ui';

/*
 * Frame of the page in LuCI; the page itself is the bundle linkagg/app.js. LuCI's loader evaluates this file inside
 * a function, which an ES module cannot be, so the module is imported from here.
 */

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	load: () => {
		var version = L.env.resource_version,
		    url = L.resource('linkagg/app.js') + (version ? '?v=' + version : '');

		/* uhttpd sends no lifetime, so browsers make one up: ask whether the stored copy is still the right one. */
		return fetch(url, { cache: 'no-cache' }).then((reply) => {
			if (!reply.ok)
				throw new Error('HTTP ' + reply.status + ': ' + url);

			return import(url);
		}).catch((error) => ({ error: error }));
	},

	render: (app) => {
		var root = E('div');

		if (app.error) {
			return E('div', { 'class': 'alert-message error', 'data-banner': 'bundle' }, [
				E('h4', {}, [ _('The page could not be loaded') ]),
				E('p', {}, [ String(app.error.message || app.error) ]),
				E('p', {}, [ _('Reload the page; if that does not help, install the package luci-app-linkagg again.') ])
			]);
		}

		app.mount(root, {
			ubus_url: rpc.getBaseURL(),
			session: rpc.getSessionID(),
			/* LuCI counts the unsaved changes in its header only when one of its own forms has made them. */
			on_staged: () => L.resolveDefault(ui.changes.init())
		});

		return root;
	}
});
