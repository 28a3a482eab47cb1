/**
 * Random regular expressions: whatever the compiler accepts must find the same everywhere. glibc and musl have
 * engines, and faults, of their own, and the rules in `regexp/` are what keeps clear of them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { in_folder, RUNTIME, replay, type Vector } from './harness.ts';

const seed = Number(process.env.SEED ?? 20240711);
const count = Number(process.env.RUNS ?? 150);

const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}');
const element = fc.constantFrom('a', 'b', 'c', '1', '[ab]', '[bc]', '[^a]', '.', '\\d', '[a-c]', '\\s');
const pattern = fc.letrec<{ sequence: string; group: string; item: string }>(tie => ({
  sequence: fc.array(tie('item'), { minLength: 1, maxLength: 3 }).map(items => items.join('')),
  group: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map(options => `(${options.join('|')})`),
  item: fc
    .tuple(fc.oneof({ maxDepth: 3 }, { weight: 3, arbitrary: element }, tie('group')), quantifier)
    .map(parts => parts.join('')),
})).sequence;
const source = fc
  .tuple(fc.constantFrom('', '^'), pattern, fc.constantFrom('', '$'))
  .map(parts => parts.join(''));
const text = fc.string({ unit: fc.constantFrom(...'aabbcc11x \né'), maxLength: 9 });

type Use = 'test' | 'exec' | 'replace';
const BODIES: Record<Use, (regex: string) => string> = {
  test: regex => `boolean { return /${regex}/.test(s); }`,
  exec: regex => `string[] | null { const m = /${regex}/.exec(s); return m === null ? null : [...m]; }`,
  replace: regex => `string { return s.replace(/${regex}/g, '<$&>'); }`,
};

function expected(use: Use, regex: string, s: string): string {
  if (use === 'test') return JSON.stringify(new RegExp(regex).test(s));
  if (use === 'exec') return JSON.stringify(new RegExp(regex).exec(s));
  return JSON.stringify(s.replace(new RegExp(regex, 'g'), '<$&>'));
}

test.each(['test', 'exec', 'replace'] as const)('%s', { timeout: 600_000 }, use => {
  const regexes = fc.sample(source, { seed, numRuns: count });
  const texts = fc.sample(text, { seed, numRuns: 40 });
  const lines = regexes.map((regex, i) => `export function f${i}(s: string): ${BODIES[use](regex)}`);
  const options = { mapping: { src: '' }, runtime_dir: RUNTIME };
  const write = (accepted: string[]) => [{ path: 'src/all.ts', text: `${accepted.join('\n')}\n` }];

  const refused = in_folder(write(lines), source_root => {
    const { diagnostics } = compile({ ...options, source_root, roots: ['src/all.ts'] });
    return new Set(diagnostics.map(one => one.line - 1));
  });
  const accepted = regexes.map((regex, i) => ({ regex, call: `f${i}` })).filter((_, i) => !refused.has(i));
  expect(accepted.length).toBeGreaterThan(count / 10);

  const cases = accepted.flatMap(({ regex, call }) =>
    texts.map(s => ({
      regex,
      vector: { call, args: [s] } satisfies Vector,
      wanted: expected(use, regex, s),
    })),
  );
  const kept = lines.map((line, i) => (refused.has(i) ? '' : line));
  const differences = in_folder(write(kept), source_root =>
    replay(
      'src/all.ts',
      cases.map(one => one.vector),
      { ...options, source_root },
    ).flatMap(({ interpreter, outcomes }) =>
      cases.flatMap((one, i) => {
        const got = outcomes[i];
        if (got === one.wanted) return [];
        return [
          `${interpreter.name}: /${one.regex}/ on ${JSON.stringify(one.vector.args[0])}: ${one.wanted}, got ${got}`,
        ];
      }),
    ),
  );
  expect(differences.slice(0, 5)).toEqual([]);
});
