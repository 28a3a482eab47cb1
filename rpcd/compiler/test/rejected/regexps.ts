export const lookahead = /a(?=b)/.test('ab'); // refused: regex-syntax
export const named = /(?<x>a)/.test('a'); // refused: regex-syntax
export const lazy = /a+?/.test('a'); // refused: regex-syntax
export const back = /(a)\1/.test('aa'); // refused: regex-syntax
export const not_word = /\B/.test('a'); // refused: regex-syntax
export const empty_choice = /a|/.test('a'); // refused: regex-syntax
export const sticky = /a/y.test('a'); // refused: regex-flag
export const lines = /^a/m.test('a'); // refused: regex-flag
export const choice = 'ab'.replace(/a|ab/, ''); // refused: regex-ambiguous
export const overlap = 'aab'.match(/(a*)(ab)?/); // refused: regex-ambiguous
export const plain_group = 'ab'.match(/(?:ab)/); // refused: regex-ambiguous
export const ESCAPED = /a|ab/; // refused: regex-ambiguous
export const groups = 'ab'.match(/((a)|b)+/); // refused: regex-groups
export const empty = 'ab'.split(/x*/); // refused: regex-empty-match
export const all = 'ab'.match(/a/g); // refused: regex-global
export const tested = /a/g.test('a'); // refused: regex-global
export const one_byte = /a.b/.test('aéb'); // refused: regex-bytes
export const counted = /^[^/]{1,5}$/.test('a'); // refused: regex-bytes
export const two_runs = /^.+.+$/.test('é'); // refused: regex-bytes
export const by_variable = (text: string): string => 'ab'.replace(/a/, text); // refused: regex-replacement
export const by_name = 'ab'.replace(/a/, '$<x>'); // refused: regex-replacement
export const too_many = 'ab'.replace(/a/, (_, at: number) => `${at}`); // refused: method-arguments
