// Generated from rpcd/compiler/test/features/errors.ts: change that file, not this one.

/** throw, try and catch. */

import { str } from './rt/number.uc';

function checked(n) {
	if (n < 0) die(`negative: ${str(n)}`);
	return n;
}

function caught(n) {
	try {
		return `fine ${str(checked(n))}`;
	} catch (error) {
		return error.message;
	}
}

function ignored(n) {
	try {
		return checked(n);
	} catch {
		return 0;
	}
}

function passed_on(n) {
	try {
		try {
			checked(n);
		} catch (error) {
			if (n < -5) die(error);
			return 'inner';
		}
		return 'none';
	} catch (error) {
		return `outer: ${error.message}`;
	}
}

function attempt(n) {
	return n < 0 ? { message: 'attempt failed' } : { value: n };
}

function as_value(n) {
	const result = attempt(n);
	return 'value' in result ? `${str(result.value)}` : result.message;
}

function in_loop(list) {
	const out = [];
	for (let n in list) {
		try {
			push(out, checked(n));
		} catch {}
	}
	return out;
}

export { checked, caught, ignored, passed_on, as_value, in_loop };
