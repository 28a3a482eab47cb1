// Generated from rpcd/compiler/test/features/objects.ts: change that file, not this one.

/** Object literals, keys and the functions of Object. */

import { arr_sort } from './rt/array.uc';
import { str } from './rt/number.uc';
import { obj_assign, obj_entries, obj_from_entries, obj_keys, obj_values } from './rt/object.uc';
import { str_length, str_upper } from './rt/string.uc';

function literal(name, key) {
	return { name, size: str_length(name), 'dashed-key': true, [key]: 1, [`${key}2`]: 2, '7': 'seven', if: 'keyword' };
}

function multi_line(on) {
	return {
		// whether it is on
		on,
		list: [1, 2],

		inner: { deep: 1 }, // nested
	};
}

function spread(base, extra) {
	return { note: 'none', ...base, ...(extra ?? {}), ...(base.weight == null ? { weight: 1 } : {}) };
}

function keys(table) {
	return obj_keys(table);
}

function values(table) {
	return obj_values(table);
}

function entries(table) {
	return arr_sort(obj_entries(table), (entry, entry2) => {
		let a = entry[1];
		let b = entry2[1];
		return a - b;
	});
}

function from_entries(list) {
	return obj_from_entries(map(list, entry => {
		let key = entry[0], value = entry[1];
		return [str_upper(key), value];
	}));
}

function assigned(a, b) {
	return obj_assign({}, a, b);
}

function own(table, key) {
	return [exists(table, key), exists(table, 'toString'), 'a' in table];
}

function deleted(table, key) {
	delete table[key];
	delete table['gone'];
	return table;
}

function counted(words) {
	const counts = {};
	for (let word in words) counts[word] = (counts[word] ?? 0) + 1;
	return counts;
}

function by_number(n) {
	const table = { '4': 'four' };
	table[str(n)] = 'given';
	table[str(n * 2)] = 'doubled';
	return table;
}

function changed(options) {
	options.weight = (options.weight ?? 0) + 1;
	options.weight += 2;
	options['name'] = 'new';
	options.weight++;
	return options;
}

function optional(options) {
	return [options.weight == null, 'weight' in options, 'weight' in obj_keys(options)];
}

function functions(kind, n) {
	const operations = {
		double: x => x * 2,
		negate: x => -x,
	};
	return operations[kind]?.(n) ?? 0;
}

function shared() {
	const inner = { n: 1 };
	const copy = { ...{ inner } };
	copy.inner.n = 2;
	return [inner.n, copy.inner.n];
}

export {
	literal,
	multi_line,
	spread,
	keys,
	values,
	entries,
	from_entries,
	assigned,
	own,
	deleted,
	counted,
	by_number,
	changed,
	optional,
	functions,
	shared
};
