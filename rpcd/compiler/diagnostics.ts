/**
 * Every way in which the compiler refuses a program, by name. The language is closed: what no visitor and no
 * builtin file knows ends here, with the place in the source and what to write instead.
 */
import type ts from 'typescript';

export const MESSAGES = {
  typescript: 'TypeScript: {0}',

  // syntax
  'unsupported-syntax': '{0} is outside the compiled language',
  class: 'classes are outside the compiled language; use functions over plain objects',
  new: "'new' is outside the compiled language (only 'new Error(text)' is known)",
  this: "'this' is outside the compiled language; close over a variable or pass the object",
  async: 'async functions and await do not exist in ucode; use callbacks',
  generator: 'generators do not exist in ucode',
  label: 'labels do not exist in ucode; move the loop into a function and return',
  finally: "'finally' does not exist in ucode; repeat the clean-up in both paths",
  accessor: 'getters and setters do not exist in ucode; write a function',
  enum: 'enums are outside the compiled language; use a union of string literals',
  namespace: 'namespaces are outside the compiled language; use modules',
  instanceof: "'instanceof' does not exist in ucode; use a discriminating property",
  var: "'var' is outside the compiled language; use let or const",
  bigint: 'bigint does not exist in ucode',
  'tagged-template': 'tagged templates do not exist in ucode',
  'for-in': "'for…in' means something else in ucode; use 'for (const key of Object.keys(o))'",
  'loose-equality': 'loose equality converts differently in ucode; use === or !== (== null is allowed)',
  'object-rest': 'object rest patterns are outside the compiled language; name the properties',
  'case-declaration': 'a declaration in a case needs its own block { … }',
  'named-function-expression':
    'a function expression cannot call itself by name in ucode ≤ 25.12; use a const',
  'destructuring-value': 'a destructuring assignment is allowed only as a statement of its own',
  'destructuring-source': 'only arrays and objects can be destructured, this is {0}',
  'loop-capture-write':
    "'{0}' is captured by a function and changed inside the loop body; copy it to a const",
  'dynamic-import': 'import() exists only in the newest ucode',
  'statement-value': 'the value of {0} differs in ucode; use it as a statement of its own',
  'destructured-catch': 'a caught value cannot be destructured',
  void: "'void' does not exist in ucode",
  'identifier-characters': "'{0}' cannot be an identifier in ucode (ASCII letters, digits and _ only)",
  'inherited-name': "'{0}' is inherited from Object.prototype in JavaScript, and is not in ucode",

  // modules
  'import-extension': "import the file by its full name with .ts: '{0}'",
  'import-unmapped': "'{0}' lies outside the folders that are installed on the router",
  'import-external': "'{0}' does not exist on the router",
  'import-cycle': 'cyclic import: {0}',
  'import-default': 'default imports are outside the compiled language; use named imports',
  'module-as-value':
    "'{0}' is a module, which does not exist when the program runs; name what is wanted of it",
  're-export': 're-exports do not exist in ucode; import the module where it is used',
  'export-default': 'only a plugin has a default export',
  'export-in-entry': 'a program has no exports in ucode',
  'plugin-exports': "a plugin has exactly one export: 'export default …'",
  'output-collision': 'two source files compile to {0}',

  // types
  any: "this has type 'any', so nothing can be checked; give it a type",
  property: "'{0}' is not a known property of {1}",
  'global-value': "'{0}' does not exist in ucode",
  'global-method': "'{0}' is not among the methods the compiler knows",
  method: "method '{0}' of {1} is not among those the compiler knows",
  'method-arguments': "'{0}': {1}",
  'native-as-value':
    "pass '{0}' inside an arrow function: ucode hands callbacks more arguments than it takes",
  'nullish-comparison':
    'this can be both null and undefined, which are one value in ucode; use == null, or a type with one of them',
  'null-comparison':
    'this can be undefined but is compared with null; compare with undefined, or use == null',
  'undefined-comparison':
    'this can be null but is compared with undefined; compare with null, or use == null',
  'nullish-default': 'a default replaces null too in ucode, and this may be null; use ?? in the body',
  'typeof-nullish':
    "typeof cannot tell null from undefined in ucode; give it a type without undefined (such as Json), or test '== null' first",
  'typeof-name': "typeof never is '{0}'",
  'text-of': 'text of {0} differs in ucode; convert it explicitly',
  comparison:
    '{0} cannot be compared with < or > in ucode as in JavaScript; compare two numbers or two strings',
  arithmetic: '{0} is not a number here; ucode would convert it differently',
  'spread-source': 'only {0} can be spread here in ucode, this is {1}',
  'iterate-source': 'only arrays can be iterated in ucode, this is {0}',
  'in-array': "'in' on an array searches values in ucode; use includes()",
  'in-dynamic': "'in' also finds inherited names in JavaScript; use Object.hasOwn(o, key)",
  'element-access': 'elements of {0} cannot be accessed by index here',
  'index-write':
    'the index must be provably not negative for a compound assignment; assign it to a const first',
  'array-length': 'the length of an array cannot be assigned; use splice or a new array',
  'array-delete': 'elements of an array cannot be deleted; use splice',
  'number-range': '{0} is beyond 2^53, where ucode counts on and JavaScript rounds',
  'negative-zero': 'ucode has no negative zero for integers',
  'string-nul': 'NUL characters end a string in much of ucode',
  'json-undefined': 'JSON.stringify drops undefined, ucode writes null; {0} may be undefined',
  'json-type': 'JSON.stringify cannot be exact for {0}',
  'json-parse': "JSON.parse needs its result declared as Json or unknown: 'JSON.parse(text) as Json'",
  'throw-value': "only 'throw new Error(text)' and the caught value itself can be thrown",

  // regular expressions
  'regex-syntax': 'regular expression: {0} is outside the common subset',
  'regex-flag': "regular expression flag '{0}' is outside the common subset",
  'regex-ambiguous':
    'POSIX takes the longest match and JavaScript the first: {0}. Use it with test() only, or anchor it with ^ and $ without alternatives',
  'regex-empty-match':
    'an expression that matches the empty text splits and replaces differently; use + for *',
  'regex-global': 'the g flag is allowed only in replace() and replaceAll()',
  'regex-bytes':
    'ucode matches bytes, so one non-ASCII character counts as several: repeat {0} with * or +, or list the ASCII characters wanted',
  'regex-groups':
    'engines differ in what a group holds that is repeated or may match nothing. Use test() only',
  'regex-replacement': 'the replacement must be a string literal with $1…$9, $& or $$ only, or a function',
} as const;

export type DiagnosticName = keyof typeof MESSAGES;

export interface Diagnostic {
  readonly name: DiagnosticName;
  readonly message: string;
  /** Path relative to the source root. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export function message_text(name: DiagnosticName, details: readonly string[]): string {
  return MESSAGES[name].replace(/\{(\d)\}/g, (_, index) => details[Number(index)] ?? '');
}

export function diagnostic_at(
  file: ts.SourceFile,
  file_name: string,
  position: number,
  name: DiagnosticName,
  ...details: string[]
): Diagnostic {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  return {
    name,
    message: message_text(name, details),
    file: file_name,
    line: line + 1,
    column: character + 1,
  };
}

/** `file:line:column: message [name]`, the form editors turn into a link. */
export function format_diagnostic(d: Diagnostic): string {
  return `${d.file}:${d.line}:${d.column}: ${d.message} [${d.name}]`;
}
