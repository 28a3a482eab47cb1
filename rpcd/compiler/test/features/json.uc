// Generated from rpcd/compiler/test/features/json.ts: change that file, not this one.

import { json_parse, json_stringify } from './rt/json.uc';
import { str } from './rt/number.uc';
import { is_number } from './rt/value.uc';

function round_trip(text) {
	return json_stringify(json_parse(text));
}

function parse(text) {
	return json_parse(text);
}

function pretty(value) {
	return [json_stringify(value, 2), json_stringify(value, 0)];
}

function status(name, note) {
	const state = { name, up: true, rate_bps: 1500000.5, peers: [{ host: 'h', seen: null }] };
	if (note != null) state.note = note;
	return json_stringify(state);
}

function accepts(text) {
	try {
		const value = json_parse(text);
		return value !== 'never';
	} catch {
		return false;
	}
}

function doubled(text) {
	const value = json_parse(text);
	if (!is_number(value)) return null;
	return [value * 2, value * 2 == 3, `${str(value * 2)}`];
}

export { round_trip, parse, pretty, status, accepts, doubled };
