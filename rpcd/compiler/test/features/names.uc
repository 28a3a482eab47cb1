// Generated from rpcd/compiler/test/features/names.ts: change that file, not this one.

/** Variables named like ucode's built-ins, or with words reserved there, step aside where they would be in the way. */

import { div, str } from './rt/number.uc';
import { regex } from './rt/regexp.uc';

function index_(list, keys) {
	const length_ = length(list);
	const type = index(list, keys);
	return length_ * 10 + type;
}

const MATCH_PATTERN = regex('^a');

function match_(filter_, map_) {
	const join_ = filter(filter_, item => item !== map_);
	const elif_ = map(join_, item => `${item}!`);
	return [join(' ', elif_), match(map_, MATCH_PATTERN) != null ? 'a' : 'b'];
}

function print(str_) {
	const print = div(str_, 2);
	return { str: str_, text: `${str(print)}` };
}

function system(values) {
	let sort = 0;
	for (let min in values) sort += min;
	return sort;
}

export { index_ as index, match_ as match, print, system };
