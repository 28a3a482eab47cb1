/** Entry of the bundle: puts the page into an element, in LuCI and anywhere else that serves uhttpd's `/ubus`. */

import { computed, effect } from '@preact/signals';
import { render } from 'preact';
import { create_client } from './client/linkagg.ts';
import css from './page.css?inline';
import { Overview } from './pages/overview.tsx';
import { create_store } from './store/store.ts';
import { luci_translation, type Translation, use_translation } from './translate.ts';

export interface MountOptions {
  /** Where uhttpd offers ubus, usually `/ubus`. */
  ubus_url: string;
  /** ubus session of the admin, 32 hex digits. */
  session: string;
  /** LuCI's `_` and `N_` from the window if not given, English without them. */
  translate?: Translation;
  /** Called when this session has other unsaved changes than before, whoever made them. */
  on_staged?: () => void;
}

const STYLE_ID = 'linkagg-style';

/** Shows the page in `root` and keeps it up to date. Returns what removes it again. */
export function mount(root: HTMLElement, options: MountOptions): () => void {
  use_translation(options.translate ?? luci_translation(window));
  if (document.getElementById(STYLE_ID) === null) {
    const style = document.createElement('style');
    style.id = STYLE_ID;
    style.textContent = css;
    document.head.append(style);
  }

  const store = create_store(create_client({ ubus_url: options.ubus_url, session: options.session }));
  const follow_visibility = () => store.set_visible(document.visibilityState === 'visible');
  const leave = () => store.set_visible(false);
  document.addEventListener('visibilitychange', follow_visibility);
  // A page may come back from the browser's back/forward cache.
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', follow_visibility);
  follow_visibility();
  const staged = computed(() => {
    const { reply, phase, deadline_ms } = store.staging.view.value;
    // What is on trial is not unsaved; its deadline is known anew when the router has begun.
    return reply && JSON.stringify([reply.staged, phase === 'applying' && deadline_ms]);
  });
  const stop_telling = effect(() => {
    if (staged.value !== null) options.on_staged?.();
  });
  render(<Overview store={store} />, root);

  return () => {
    document.removeEventListener('visibilitychange', follow_visibility);
    window.removeEventListener('pagehide', leave);
    window.removeEventListener('pageshow', follow_visibility);
    stop_telling();
    store.close();
    render(null, root);
  };
}
