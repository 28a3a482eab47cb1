// Generated from rpcd/compiler/test/features/regexps.ts: change that file, not this one.

/** Regular expressions. */

import { re_match, re_subject, regex } from './rt/regexp.uc';
import { str_trim, str_upper } from './rt/string.uc';
import { opt } from './rt/value.uc';

const NAME = regex('^[a-z][a-z0-9_]{0,14}$');
const IPV4 = regex('^([0-9][0-9]?[0-9]?)[.]([0-9][0-9]?[0-9]?)[.]([0-9][0-9]?[0-9]?)[.]([0-9][0-9]?[0-9]?)(/([0-9][0-9]?))?$');
const MAC = regex('^[a-f0-9][a-f0-9](:[a-f0-9][a-f0-9]){5}$', 'i');
const PROTOCOL = regex('^(tcp|udp|tcpudp)$');
const BLANKS = /[[:space:]]+/;
const ODD = regex('[]/\\^-]+');

const RULES = {
	number: regex('^-?[0-9]+$'),
	word: regex('^[a-zA-Z0-9_]+$'),
};

function is_name(text) {
	return match(text, NAME) != null;
}

function parse_ipv4(text) {
	const found = match(text, IPV4);
	if (found == null) return null;
	const a = found[1] ?? '',
		b = found[2] ?? '',
		c = found[3] ?? '',
		d = found[4] ?? '',
		prefix = found[6] ?? '';
	return [a, b, c, d, prefix];
}

function is_mac(text) {
	return match(text, MAC) != null;
}

function is_protocol(text) {
	return match(text, PROTOCOL) != null;
}

function words(text) {
	return split(re_subject(str_trim(text)), BLANKS);
}

const FIELDS_PATTERN = /[,:]/;

function fields(text) {
	return split(text, FIELDS_PATTERN);
}

const KEY_VALUE_PATTERN = regex('^([a-z_]+)[[:space:]]*=[[:space:]]*([^\n\r]*)$');

function key_value(text) {
	const found = re_match(text, KEY_VALUE_PATTERN);
	return found == null ? [] : [found[1] ?? '', found[2] ?? ''];
}

function checked(kind, text) {
	return opt(RULES[kind], value => re_match(text, value) != null);
}

function matches(rule, text) {
	return re_match(text, rule) != null;
}

function matching(pattern, text) {
	const rule = RULES[pattern];
	return rule != null && matches(rule, text);
}

const REPLACED_PATTERN = /[0-9]+/;
const REPLACED_PATTERN2 = /[0-9]+/g;
const REPLACED_PATTERN3 = regex('[^a-z0-9]+', 'g');
const REPLACED_PATTERN4 = /([a-z])([0-9])/g;
const REPLACED_PATTERN5 = /[a-z]/g;
const REPLACED_PATTERN6 = /([a-z])([0-9])/g;

function replaced(text) {
	return [
		replace(text, REPLACED_PATTERN, '#'),
		replace(text, REPLACED_PATTERN2, '#'),
		replace(text, REPLACED_PATTERN3, '_'),
		replace(text, REPLACED_PATTERN4, '$2$1'),
		replace(text, REPLACED_PATTERN5, letter => str_upper(letter)),
		replace(text, REPLACED_PATTERN6, (_, letter, digit) => `${digit}-${letter}`),
	];
}

const ODD_PATTERN = /[$(-+.?{-}]/g;

function odd(text) {
	return [replace(text, ODD, '!'), replace(text, ODD_PATTERN, '!')];
}

const FIRST_NUMBER_PATTERN = /[0-9]+/;

function first_number(text) {
	return match(text, FIRST_NUMBER_PATTERN)?.[0] ?? '';
}

const LINES_PATTERN = regex('^b');
const LINES_PATTERN2 = regex('a$');
const LINES_PATTERN3 = regex('a[^\n\r]+b');
const LINES_PATTERN4 = regex('a[^x]+b');
const LINES_PATTERN5 = regex('^a\nb$');
const LINES_PATTERN6 = regex('a.+b');

function lines(text) {
	return [
		match(text, LINES_PATTERN) != null,
		match(text, LINES_PATTERN2) != null,
		re_match(text, LINES_PATTERN3) != null,
		match(text, LINES_PATTERN4) != null,
		match(text, LINES_PATTERN5) != null,
		re_match(text, LINES_PATTERN6) != null,
	];
}

const EDGES_PATTERN = regex('\\bwan\\b');
const EDGES_PATTERN2 = regex('^$');
const EDGES_PATTERN3 = /(a|b)*c/;
const EDGES_PATTERN4 = /x{2,3}y/;
const EDGES_PATTERN5 = regex('^(ab)+$');

function edges(text) {
	return [
		match(text, EDGES_PATTERN) != null,
		match(text, EDGES_PATTERN2) != null,
		match(text, EDGES_PATTERN3) != null,
		match(text, EDGES_PATTERN4) != null,
		match(text, EDGES_PATTERN5) != null,
	];
}

const OPTIONAL_GROUP_PATTERN = regex('^([a-z]+)(@([a-z0-9]+))?$');

function optional_group(text) {
	const found = match(text, OPTIONAL_GROUP_PATTERN);
	return found == null ? [] : [found[1], found[3]];
}

const ACCENTED_PATTERN = regex('é');
const ACCENTED_PATTERN2 = regex('^[^/]+$');
const ACCENTED_PATTERN3 = regex('^[^[:space:]]+$');

function accented(text) {
	return [match(text, ACCENTED_PATTERN) != null, match(text, ACCENTED_PATTERN2) != null, re_match(text, ACCENTED_PATTERN3) != null];
}

export {
	is_name,
	parse_ipv4,
	is_mac,
	is_protocol,
	words,
	fields,
	key_value,
	checked,
	matching,
	replaced,
	odd,
	first_number,
	lines,
	edges,
	optional_group,
	accented
};
