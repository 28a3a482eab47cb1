// Generated from rpcd/compiler/test/features/loops.ts: change that file, not this one.

/** Every kind of loop. */

import { div, mul, str } from './rt/number.uc';
import { obj_entries, obj_keys, obj_values } from './rt/object.uc';
import { re_match, regex } from './rt/regexp.uc';

function over_values(list) {
	let text = '';
	for (let item in list) text += item;
	return text;
}

function over_entries(list) {
	const out = [];
	for (let i, item in list) push(out, `${i}:${item}`);
	for (let i, item2 in list) push(out, `${i}`);
	for (let i2, item in list) push(out, item);
	return out;
}

function over_object(table) {
	const out = [];
	for (let entry in obj_entries(table)) {
		let key = entry[0], value = entry[1];
		push(out, `${key}=${str(value)}`);
	}
	for (let key in obj_keys(table)) {
		push(out, key);
	}
	for (let value in obj_values(table)) push(out, str(value));
	return out;
}

function changed_while_looping(table) {
	for (let entry in obj_entries(table)) {
		let key = entry[0], value = entry[1];
		delete table[key];
		table[`${key}${key}`] = value;
	}
	return table;
}

function growing(list) {
	for (let item in list) {
		if (length(list) < 6) push(list, item + 10);
	}
	return list;
}

function counted(n) {
	const out = [];
	for (let i = 0, j = n; i < j; i++, j--) push(out, mul(i, j));
	return out;
}

function backwards(list) {
	let text = '';
	for (let i = length(list) - 1; i >= 0; i--) text += (list[i] ?? '');
	return text;
}

function stepped(list) {
	const out = [];
	for (let i = 0; i + 1 < length(list); i += 2) {
		const item = list[i + 1];
		if (item == null) break;
		push(out, item);
	}
	return out;
}

function while_loop(n) {
	let steps = 0;
	while (n > 1) {
		n = n % 2 == 0 ? div(n, 2) : 3 * n + 1;
		steps++;
	}
	return steps;
}

function do_while(n) {
	const out = [];
	let i = 0;
	for (let again = true; again; again = i < n) {
		i++;
		if (i % 2 == 0) continue;
		push(out, i);
	}
	return out;
}

function nested(n) {
	const out = [];
	for (let i = 0; i < n; i++) {
		let j = 0;
		for (let again = true; again; again = true) {
			if (j == i) break;
			push(out, i * 10 + j);
			j++;
		}
	}
	return out;
}

function skipping(list) {
	let sum = 0;
	for (let item in list) {
		if (item < 0) continue;
		if (item > 100) break;
		sum += item;
	}
	return sum;
}

function forever() {
	let n = 0;
	for (;;) {
		if (++n > 5) return n;
	}
}

const ASSIGNED_CONDITION_PATTERN = regex('^([a-z]+);([^\n\r]*)$');

function assigned_condition(text) {
	const out = [];
	let rest = text;
	let found;
	while ((found = re_match(rest, ASSIGNED_CONDITION_PATTERN)) != null) {
		push(out, found[1] ?? '');
		rest = found[2] ?? '';
	}
	return out;
}

export {
	over_values,
	over_entries,
	over_object,
	changed_while_looping,
	growing,
	counted,
	backwards,
	stepped,
	while_loop,
	do_while,
	nested,
	skipping,
	forever,
	assigned_condition
};
