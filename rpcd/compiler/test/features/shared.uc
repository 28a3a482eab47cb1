// Generated from rpcd/compiler/test/features/shared.ts: change that file, not this one.

import { str } from './rt/number.uc';

const LIMITS = [
	{ name: 'a', most: 1 },
	{ name: 'b', most: 2 },
];

let count = 0;

function bump() {
	count++;
}

function scale(n) {
	return n * 2;
}

function str_(n) {
	return `<${str(n)}>`;
}

export { LIMITS, count, bump, scale, str_ as str };
