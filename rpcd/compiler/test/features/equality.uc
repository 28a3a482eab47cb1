// Generated from rpcd/compiler/test/features/equality.ts: change that file, not this one.

import { same, to_number } from './rt/number.uc';
import { is_number, is_object, type_of } from './rt/value.uc';

function numbers(a, b) {
	return [a == b, a != b, a * 2 == 3, a < b, a >= b];
}

function texts(a, b) {
	return [a === b, a !== b, a < b, a <= b, a > b];
}

function mixed(a, b) {
	return [same(a, b), !same(a, b), same(a, 1), b === '1', same(b, 1)];
}

function booleans(a, b) {
	return [a === b, b === false, b == null, a !== true];
}

function identity() {
	const list = [1];
	const other = [1];
	const table = { list };
	const copy = { ...table };
	return [list === other, list === table.list, table === copy];
}

function nothing(a, b) {
	return [a == null, a != null, b == null, b != null, a == null, b != null, !a, !b];
}

function absent(table) {
	const found = table['x'];
	return [found == null, found ?? 5, table['y'] == 3, table['x'] != null];
}

function kind_of(value) {
	if (value == null) return 'null';
	if (type(value) == 'array') return 'list';
	if (is_object(value)) return 'object';
	return type_of(value);
}

function tests(value) {
	return [
		type(value) == 'string',
		is_number(value),
		type(value) == 'bool',
		is_object(value),
		!is_object(value),
		is_object(value) && value != null && type(value) != 'array',
		same(value, 1),
		value === '1',
		value === true,
	];
}

function unknown_tests(value) {
	return [
		type(value) == 'string',
		!is_number(value),
		type(value) == 'array',
		value === 'a',
		value == null,
		same(value, 2),
	];
}

function not_a_number(text) {
	const n = to_number(text);
	return [n != n, n == n, n < 1];
}

function optional_function(f) {
	return type(f) == 'function';
}

export {
	numbers,
	texts,
	mixed,
	booleans,
	identity,
	nothing,
	absent,
	kind_of,
	tests,
	unknown_tests,
	not_a_number,
	optional_function
};
