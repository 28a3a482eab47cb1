// Generated from rpcd/compiler/test/features/functions.ts: change that file, not this one.

/** Functions of all forms, and the order ucode needs them in. */

import { arr_reduce } from './rt/array.uc';
import { mul, str } from './rt/number.uc';
import { str_length } from './rt/string.uc';

function helper(n) {
	return n * 2;
}

const OFFSET = 100;

// used before it is declared: ucode has no hoisting
function first_user(n) {
	return helper(n) + OFFSET;
}

let is_even;

function is_odd(n) {
	return n == 0 ? false : is_even(n - 1);
}

// mutual recursion needs a forward declaration
is_even = function(n) {
	return n == 0 ? true : is_odd(n - 1);
};

function describe(size) {
	return `size ${str(size)}`;
}

let TABLE;

// a constant that is computed cannot move up
function report() {
	return describe(TABLE.size);
}

function make_table(size) {
	return { size };
}

TABLE = make_table(3);

function make_source(look) {
	return { step: 3, look };
}

// two functions need a computed constant whose own computation needs them: it must stand ahead of both
function shared_ahead(n) {
	let source, outer;
	function inner(m) {
		return m <= 0 ? source.step : outer(m - 1);
	}
	outer = m => (m <= 0 ? source.step : inner(m - 1) + source.step);
	source = make_source(() => outer(0));
	return outer(n) + source.look();
}

let factorial;

// names itself in its own initialiser
factorial = n => (n <= 1 ? 1 : mul(n, factorial(n - 1)));

function factorial_of(n) {
	return factorial(n);
}

function defaults(a, b, c) {
	b ??= 10;
	c ??= a + b;
	return [a, b, c];
}

function call_defaults() {
	return [defaults(1), defaults(1, 2), defaults(1, 2, 3), defaults(1, null, 3)];
}

function rest(first, ...others) {
	return `${first}:${join(',', others)}`;
}

function spread_call(list) {
	return rest('x', ...list, 'end');
}

function counter(steps) {
	let count = 0;
	const next = () => {
		count++;
		return count;
	};
	const seen = [];
	for (let i = 0; i < steps; i++) push(seen, next());
	return seen;
}

function closures_in_loops() {
	const callbacks = [];
	for (let i_next = 0; i_next < 3; i_next++) {
		let i = i_next;
		push(callbacks, () => i);
	}
	for (let value_next in [10, 20]) {
		let value = value_next;
		push(callbacks, () => value);
	}
	for (let i_next2, value in ['a', 'b']) {
		let i = i_next2;
		if (value === 'z') continue;
		push(callbacks, () => i + 1000);
	}
	return map(callbacks, callback => callback());
}

function inner_functions(n) {
	function twice(m) {
		return m * 2;
	}
	function offset() {
		return 1;
	}
	return twice(n) + offset();
}

function function_expression(n) {
	const f = m => m + 1;
	return f(n);
}

function compose(n) {
	const pipe =
		(...steps) => value => arr_reduce(steps, (result, step) => step(result), value);
	return pipe(
		x => x + 1,
		x => x * 10
	)(n);
}

function object_from_arrow(names) {
	return map(names, name => ({ name, size: str_length(name) }));
}

function methods(n) {
	const account = {
		total: n,
		add: function(amount) {
			return n + amount;
		},
		twice: amount => amount * 2,
	};
	return account.add(5) + account.twice(account.total);
}

function immediately(n) {
	return (x => mul(x, x))(n);
}

function early(list) {
	if (length(list) == 0) return 'empty';
	for (let item in list) if (item < 0) return 'negative';
	return 'fine';
}

function sum_deep(n) {
	return n == 0 ? 0 : n + sum_deep(n - 1);
}

export {
	first_user,
	is_even,
	report,
	shared_ahead,
	factorial_of,
	defaults,
	call_defaults,
	rest,
	spread_call,
	counter,
	closures_in_loops,
	inner_functions,
	function_expression,
	compose,
	object_from_arrow,
	methods,
	immediately,
	early,
	sum_deep
};
