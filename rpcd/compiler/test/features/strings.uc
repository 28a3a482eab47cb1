// Generated from rpcd/compiler/test/features/strings.ts: change that file, not this one.

/** String methods, on ASCII and on other text. */

import { div, int32, mul, str } from './rt/number.uc';
import {
	str_at,
	str_char,
	str_code,
	str_ends,
	str_from_codes,
	str_index_of,
	str_item,
	str_last_index_of,
	str_length,
	str_lower,
	str_pad_end,
	str_pad_start,
	str_repeat,
	str_replace,
	str_replace_all,
	str_slice,
	str_split,
	str_starts,
	str_substring,
	str_trim,
	str_trim_end,
	str_trim_start,
	str_upper
} from './rt/string.uc';

function parts(text) {
	return [
		str_length(text),
		str_slice(text, 1),
		str_slice(text, -2),
		str_slice(text, 1, -1),
		str_substring(text, 2, 1),
		str_substring(text, 0, 2),
		str_item(text, 0),
		str_item(text, str_length(text) - 1),
		str_item(text, -1),
		str_char(text, 1),
		str_char(text, 99),
		str_at(text, -1),
	];
}

function codes(text) {
	const list = [];
	for (let i = 0; i < str_length(text); i++) push(list, str_code(text, i));
	return list;
}

function from_codes(list) {
	return str_from_codes(...list);
}

function finding(text, part) {
	return [
		index(text, part) >= 0,
		str_starts(text, part),
		str_ends(text, part),
		str_index_of(text, part),
		str_index_of(text, part, 1),
		str_last_index_of(text, part),
		index(text, part) < 0,
	];
}

function splitting(text, separator) {
	return [split(text, ','), str_split(text, separator), str_split(text, separator, 2), split(text, '\n')];
}

function characters(text) {
	return str_split(text, '');
}

function trimming(text) {
	return [str_trim(text), str_trim_start(text), str_trim_end(text)];
}

function cases(text) {
	return [str_upper(text), str_lower(text)];
}

function replacing(text) {
	return [
		str_replace(text, 'a', 'x'),
		replace(text, 'a', 'x'),
		str_replace(text, 'a', '<$&>'),
		str_replace_all(text, 'a', '$$'),
		str_replace(text, '', '-'),
		str_replace(text, 'a', found => str_upper(found)),
		str_replace(text, 'b', "[$`|$']"),
	];
}

function replacing_by(text, wanted, by) {
	return str_replace(text, wanted, by);
}

function padding(text) {
	return [
		str_pad_start(text, 6),
		str_pad_end(text, 6, '.'),
		str_pad_start(text, 8, 'ab'),
		str_pad_start(text, 1, 'x'),
		str_repeat('ab', 3),
		str_repeat(text, 0),
	];
}

function empty(text) {
	return [length(text) == 0, length(text) > 0, text === '', !text];
}

function building(names, n) {
	let text = '';
	for (let name in names) {
		text += name;
		text += str(n);
	}
	return 'n=' + str(n) + ', ' + text + (n > 1 ? 's' : '') + null + true;
}

function multi_line(name, n) {
	return `first ${name}
  second \`quoted\` \${not a span} \\ ${str(n + 1)}\tend${n > 1 ? `s (${str(n)})` : ''}\$`;
}

function escapes() {
	return [
		"it's",
		'say "hi"',
		'tab\there',
		'line\nbreak',
		'back\\slash',
		'Aé😀',
		'\u2028',
		`\u0007\$`,
	];
}

function spans(a, b, c) {
	return `${str(a)} ${b} ${c} ${str(div(a, 4))} ${length([a])} ${int32(a | 0)}`;
}

function of_values(a, b, c, d) {
	return [str(a), str(b), str(c), d, str(a), str(mul(a, 0.1))];
}

function quoted(argument) {
	return `'${replace(argument, "'", "'\\''")}'`;
}

export {
	parts,
	codes,
	from_codes,
	finding,
	splitting,
	characters,
	trimming,
	cases,
	replacing,
	replacing_by,
	padding,
	empty,
	building,
	multi_line,
	escapes,
	spans,
	of_values,
	quoted
};
