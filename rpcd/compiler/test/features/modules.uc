// Generated from rpcd/compiler/test/features/modules.ts: change that file, not this one.

/** Imports of functions, constants, live variables and whole modules. */

import * as shared from './shared.uc';
import { bump, count, LIMITS, scale as scaled, str as str_ } from './shared.uc';
import { arr_find } from './rt/array.uc';
import { div, str } from './rt/number.uc';

function used(n) {
	return [scaled(n), length(LIMITS), shared.scale(n) + 1];
}

function live() {
	const before = count;
	bump();
	return [count - before, shared.count - before];
}

function limit(name) {
	return arr_find(LIMITS, one => one.name === name);
}

function internal() {
	return 'renamed';
}

function renamed_imports(n) {
	return `${str_(div(n, 2))} ${str(div(n, 4))}`;
}

export { internal as external, used, live, limit, renamed_imports };
