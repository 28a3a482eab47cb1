// Generated from rpcd/compiler/test/features/destructuring.ts: change that file, not this one.

/** Patterns in declarations, parameters, loops and assignments. */

import { arr_item, arr_set } from './rt/array.uc';
import { mul, str } from './rt/number.uc';
import { re_match, regex } from './rt/regexp.uc';

function fields(link) {
	const name = link.name, share = link.weight, tags = link.tags;
	return `${name} ${str(share)} ${length(tags)}`;
}

function make(name) {
	return { name: `${name}!`, weight: 2, tags: ['a', 'b'] };
}

function single(link) {
	const name = make(link.name).name;
	return name;
}

function computed_source(name) {
	const fields2 = make(name), made = fields2.name, weight = fields2.weight;
	return `${made}${str(weight)}`;
}

function nested() {
	const fields2 = { peer: { host: 'h', port: 51820 }, tags: ['t1', 't2'] },
		host = fields2.peer.host,
		port = fields2.peer.port,
		first = fields2.tags[0],
		second = fields2.tags[1];
	return `${host}:${str(port)} ${first} ${second}`;
}

function with_defaults(fields2) {
	let name = fields2.name, weight = fields2.weight ?? 5;
	return `${name} ${str(weight)}`;
}

function options(fields2) {
	fields2 ??= {};
	let retries = fields2.retries ?? 3, wait_ms = fields2.wait_ms ?? 100;
	return mul(retries, wait_ms);
}

function no_options() {
	return options();
}

function items(list) {
	const first = list[0] ?? -1, third = list[2] ?? -3, others = slice(list, 3);
	return [first, third, ...others];
}

function pairs(list) {
	return map(list, entry => {
		let name = entry[0], size = entry[1];
		return `${name}=${str(size)}`;
	});
}

function loop(list) {
	const out = [];
	for (let entry in list) {
		let name = entry.name, peer = entry.peer;
		push(out, `${name} ${peer?.host ?? 'none'}`);
	}
	return out;
}

function swap(a, b) {
	{
		let value2 = [b, a];
		a = value2[0];
		b = value2[1];
	}
	return [a, b];
}

function swap_items(list) {
	const last = length(list) - 1;
	{
		let value2 = [arr_item(list, last) ?? '', list[0] ?? ''];
		list[0] = value2[0];
		arr_set(list, last, value2[1]);
	}
	return list;
}

function assign(link) {
	let name;
	let weight = 0;
	{
		let value2 = link;
		name = value2.name;
		weight = value2.weight;
	}
	return `${name}${str(weight)}`;
}

const CAPTURED_PATTERN = regex('^([a-z]+)=([^\n\r]*)$');

function captured(text) {
	const parts = re_match(text, CAPTURED_PATTERN) ?? [], key = parts[1] ?? '', value = parts[2] ?? '';
	return [key, value];
}

function keyed(table) {
	const a = table.a ?? 1, xy = table['x-y'] ?? 2;
	return `${str(a)} ${str(xy)}`;
}

export {
	fields,
	single,
	computed_source,
	nested,
	with_defaults,
	options,
	no_options,
	items,
	pairs,
	loop,
	swap,
	swap_items,
	assign,
	captured,
	keyed
};
