// Generated from rpcd/compiler/test/features/numbers.ts: change that file, not this one.

/** Text to number and back. */

import { arr_join } from './rt/array.uc';
import { json_stringify } from './rt/json.uc';
import { div, is_integer, is_safe_integer, mul, parse_int, str, str_radix, to_number } from './rt/number.uc';
import { str_pad_start } from './rt/string.uc';

function parsed(text) {
	return map([to_number(text), parse_int(text, 10), parse_int(text, 10)], n => (n != n ? null : n));
}

function parsed_hex(text) {
	const n = parse_int(text, 16);
	return n != n ? null : n;
}

function printed(n) {
	return `${str(n)}`;
}

function printed_everywhere(n) {
	return [str(n), `${str(n)}`, '' + str(n), str(n), arr_join([n], ','), json_stringify(n), json_stringify({ n })];
}

function in_radix(n) {
	return [str_radix(n, 16), str_radix(n, 2), str(n), str_radix(n, 36)];
}

function hex_byte(n) {
	return str_pad_start(str_radix(n, 16), 2, '0');
}

function kinds(n) {
	return [is_integer(n), is_safe_integer(n), n != n];
}

function is_count(value) {
	return is_integer(value);
}

function limits() {
	return [9007199254740991, -9007199254740991, 1000000000000000, 0x7fffffff, 0.5, 1e-7];
}

function infinite(text) {
	const n = to_number(text);
	return [`${str(n)}`, `${n == Infinity}`, `${is_integer(n)}`, json_stringify([n]), `${!!n}`];
}

function sums(a, b) {
	return [`${str(a + b)}`, `${str(a - b)}`, `${str(mul(a, b))}`, `${str(div(a, b))}`];
}

export {
	parsed,
	parsed_hex,
	printed,
	printed_everywhere,
	in_radix,
	hex_byte,
	kinds,
	is_count,
	limits,
	infinite,
	sums
};
