// Generated from rpcd/compiler/test/features/arithmetic.ts: change that file, not this one.

/** Numbers: the operators, and the bits. */

import {
	div,
	int32,
	math_abs,
	math_ceil,
	math_floor,
	math_floor_div,
	math_imul,
	math_max,
	math_max_of,
	math_min,
	math_min_of,
	math_pow,
	math_round,
	math_sign,
	math_trunc,
	mod,
	mul,
	str
} from './rt/number.uc';
import { str_code, str_length } from './rt/string.uc';

function basic(a, b) {
	return [a + b, a - b, mul(a, b), div(a, b), mod(a, b), -a, math_pow(a, 2)];
}

function by_constants(a) {
	return [a * 1000, div(a, 8), a % 7, a + 0.5, mul(a, 0.25), math_pow(2, 10), a - 1000, 1000 * a, 0x10 + a];
}

function compound(a) {
	const seen = [];
	let n = a;
	n += 3;
	push(seen, n);
	n -= 1;
	n = mul(n, 2.5);
	push(seen, n);
	n = div(n, 4);
	push(seen, n);
	n = n % 3;
	push(seen, n);
	n = math_pow(n, 2);
	push(seen, n++, n--, ++n, --n);
	return seen;
}

function rounding(a) {
	return [math_floor(a), math_ceil(a), math_round(a), math_trunc(a), math_abs(a), math_sign(a)];
}

function whole_division(a, b) {
	return [math_floor_div(a, b), math_ceil(div(a, b)), math_round(div(a * 100, b))];
}

function extremes(list) {
	const most = math_max(...list);
	return [most > 1000000 ? null : most, math_min(0, ...list), math_max_of(1, 2.5), math_min_of(3, -1)];
}

function average(list) {
	let sum = 0;
	for (let item in list) sum += item;
	return length(list) == 0 ? 0 : div(sum, length(list));
}

function smoothed(samples) {
	let value = 0;
	return map(samples, sample => {
		value += mul(sample - value, 0.125);
		return `${str(value)}`;
	});
}

function bits(a, b) {
	return [int32(a & b), int32(a | b), int32(a ^ b), int32(~a), int32(a << 3), int32(a) >> 2, (a & 0xffffffff) >> 2, a & 0xffffffff, int32(a | 0)];
}

function shifted(a, n) {
	return [int32(a << (n & 31)), int32(a) >> (n & 31), (a & 0xffffffff) >> (n & 31), int32(1 << (n & 31)) - 1, (int32(~0) << (n & 31)) & 0xffffffff];
}

function netmask(prefix) {
	return prefix == 0 ? 0 : (0xffffffff << ((32 - prefix) & 31)) & 0xffffffff;
}

function address(a, b, c, d) {
	return ((((a << 24) | (b << 16)) | (c << 8)) | d) & 0xffffffff;
}

function octets(value) {
	return [(value & 0xffffffff) >> 24, ((value & 0xffffffff) >> 16) & 0xff, ((value & 0xffffffff) >> 8) & 0xff, value & 0xff];
}

function fnv(text) {
	let hash = 0x811c9dc5;
	for (let i = 0; i < str_length(text); i++) {
		hash = int32(hash ^ str_code(text, i));
		hash = math_imul(hash, 0x01000193) & 0xffffffff;
	}
	return hash;
}

function flags(mask) {
	let all = mask;
	all = int32(all | 0x80);
	all = int32(all & int32(~0x01));
	all = int32(all ^ 0xff00);
	all = int32(all << 1);
	all = int32(all) >> 1;
	all = (all & 0xffffffff) >> 1;
	return all;
}

function order_of_operators(a, b, c) {
	return [
		a + mul(b, c),
		mul(a + b, c),
		a - (b - c),
		a - b - c,
		a - -b,
		-(a + b),
		(a & 0xff) + 1,
		a + (b & 1),
		(a + b) & 7,
	];
}

export {
	basic,
	by_constants,
	compound,
	rounding,
	whole_division,
	extremes,
	average,
	smoothed,
	bits,
	shifted,
	netmask,
	address,
	octets,
	fnv,
	flags,
	order_of_operators
};
