// Generated from rpcd/compiler/test/features/branches.ts: change that file, not this one.

/** if, switch, conditional and logical operators. */

import { norm } from './rt/number.uc';

function grade(n) {
	if (n < 0) {
		return 'negative';
	} else if (n == 0) {
		return 'zero';
	} else if (n < 10) return 'small';
	else return 'large';
}

function fall_through(kind) {
	const out = [];
	switch (kind) {
	case 'a': // both
	case 'b':
		push(out, 'ab');
		break;
	// alone
	case 'c': {
		const text = 'c';
		push(out, text);
		break;
	}
	default:
		push(out, 'other');
	}
	return out;
}

function on_number(n) {
	switch (norm(n * 2)) {
	case 3:
		return 'three';
	case 4:
		return 'four';
	default:
		return 'else';
	}
}

function on_family(family) {
	switch (family) {
	case 4:
		return 'inet';
	case 6:
		return 'inet6';
	}
}

function on_null(state) {
	switch (state) {
	case null:
		return 'none';
	case 'up':
		return 'up';
	default:
		return `is ${state}`;
	}
}

function on_true(n) {
	switch (true) {
	case n > 10:
		return 'big';
	case n > 5:
		return 'medium';
	default:
		return 'small';
	}
}

function in_loop(list) {
	let text = '';
	for (let item in list) {
		switch (item) {
		case 'skip':
			continue;
		case 'stop':
			return text;
		default:
			text += item;
		}
	}
	return `${text}.`;
}

function logic(a, b, c) {
	return [a || 5, a && b, b || 'empty', c ?? 'unknown', !a, !!b, (a && c) || b, a > 1 && b !== ''];
}

function chosen(n) {
	return n > 2 ? 'many' : n > 1 ? 'two' : 'one';
}

function assignments(start) {
	let a = start;
	a ??= 7;
	let b = 0;
	b ||= 3;
	let c = 'x';
	c &&= 'y';
	const table = {};
	table.list ??= [];
	push(table.list, 'z');
	return [a, b, c, join(',', table.list)];
}

function long_condition(a, b, c) {
	return (
		(a && b) ||
		(b && c) ||
		(a && !c)
	);
}

export {
	grade,
	fall_through,
	on_number,
	on_family,
	on_null,
	on_true,
	in_loop,
	logic,
	chosen,
	assignments,
	long_condition
};
