// Generated from rpcd/compiler/test/features/chains.ts: change that file, not this one.

/** Optional chains. */

import { arr_find, arr_index_of, arr_item } from './rt/array.uc';
import { str } from './rt/number.uc';
import { str_pad_end, str_slice, str_trim, str_upper } from './rt/string.uc';
import { opt } from './rt/value.uc';

function properties(link) {
	return [
		link?.name,
		link?.peer?.host,
		link?.peer?.probe?.target,
		link?.peer?.ports?.[0],
		link?.peer == null ? null : length(link.peer.ports),
	];
}

function methods(link) {
	return [
		link == null ? null : str_upper(link.name),
		link?.peer == null ? null : str_slice(str_trim(link.peer.host), 0, 2),
		link?.peer == null ? null : join(',', map(link.peer.ports, port => `p${str(port)}`)),
		link?.peer == null ? null : arr_index_of(link.peer.ports, 1) >= 0,
	];
}

function found(links, name) {
	return [
		arr_find(links, link => link.name === name)?.peer?.host,
		opt(arr_find(links, link => link.name === name), value => str_pad_end(value.name, 4, '.')),
		opt(arr_find(links, link => link.name === name)?.peer, value => split(value.host, '.')[0]),
	];
}

function calls(link, text) {
	return [link.peer?.probe?.send?.(text)];
}

function with_calls(on) {
	const probe = on ? { target: 't', send: text => `sent ${text}` } : { target: 'u' };
	const peer = { host: 'h', ports: [], probe };
	return [peer.probe?.send?.('x') ?? 'none', peer.probe?.send == null ? 'none' : str_upper(peer.probe.send('y'))];
}

function elements(table, key, i) {
	return [table[key]?.[0], opt(table[key], value => arr_item(value, i)), opt(opt(table[key], value => value[-1]), value => str_trim(value))];
}

function in_condition(link) {
	if (link?.peer == null ? null : length(link.peer.ports)) return 'ports';
	return link?.peer ? 'peer' : 'nothing';
}

function absent(link) {
	return [
		link.peer?.host == null,
		link.peer?.host !== 'h',
		link.peer?.host === 'h',
		(link.peer == null ? null : length(link.peer.ports)) == 2,
	];
}

export { properties, methods, found, calls, with_calls, elements, in_condition, absent };
