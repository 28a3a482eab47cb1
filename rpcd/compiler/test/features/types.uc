// Generated from rpcd/compiler/test/features/types.ts: change that file, not this one.

/** Everything that exists for the type checker only disappears. */

import { arr_item } from './rt/array.uc';
import { str } from './rt/number.uc';
import { str_upper } from './rt/string.uc';

const LEVELS = ['error', 'warning', 'info'];

const DEFAULTS = { mode: 'hash', weight: 1 };

function describe(event) {
	switch (event.kind) {
	case 'up':
		return `${event.link} is up`;
	case 'down':
		return `${event.link} is down: ${event.reason}`;
	case 'tick':
		return `tick ${str(event.at_ms)}`;
	}
}

function is_level(text) {
	return text in LEVELS;
}

function level_index(text) {
	return is_level(text) ? index(LEVELS, text) : -1;
}

function first_of(list, fallback) {
	return list[0] ?? fallback;
}

function identity(shape) {
	return shape;
}

function area(kind, size) {
	return `${kind} of ${str(size)}`;
}

function areas() {
	return [area('circle', 1), area('square', 2)];
}

function forced(list) {
	const last = arr_item(list, length(list) - 1);
	return str_upper(last);
}

function settings() {
	return { ...DEFAULTS };
}

function narrowed(value) {
	if (value == null) return 'nothing';
	if (type(value) == 'string') return `text ${value}`;
	if (type(value) == 'bool') return value ? 'yes' : 'no';
	return `number ${str(value)}`;
}

function has_reason(event) {
	return 'reason' in event;
}

export { describe, is_level, level_index, first_of, identity, areas, forced, settings, narrowed, has_reason };
