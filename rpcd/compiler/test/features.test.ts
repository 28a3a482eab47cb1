/**
 * Each file `features/<subject>.ts` is compiled to exactly `features/<subject>.uc`, and every line of
 * `features/<subject>.jsonl` — `["function", [arguments]]` — has the same result under Node and ucode.
 *
 * After a wanted change of the output: `UPDATE=1 npx vitest run rpcd/compiler`, then read the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compiled, type Json, REPOSITORY, run_vectors, type Vector } from './harness.ts';
import { describe_interpreters, interpreters } from './interpreters.ts';

const FOLDER = 'rpcd/compiler/test/features';
const subjects = readdirSync(join(REPOSITORY, FOLDER))
  .filter(name => name.endsWith('.ts'))
  .map(name => name.slice(0, -'.ts'.length));

const options = {
  source_root: REPOSITORY,
  roots: subjects.map(subject => `${FOLDER}/${subject}.ts`),
  mapping: { [FOLDER]: '' },
};

function vectors_of(subject: string): Vector[] {
  const lines = readFileSync(join(REPOSITORY, FOLDER, `${subject}.jsonl`), 'utf8').split('\n');
  return lines
    .filter(line => line !== '' && !line.startsWith('//'))
    .map(line => {
      const [call, args] = JSON.parse(line) as [string, Json[]];
      return { call, args };
    });
}

let compared = 0;

afterAll(() => {
  process.stdout.write(
    `${describe_interpreters()}\n${subjects.length} feature files, ${compared} calls compared\n`,
  );
});

const files = compiled(options);

describe.each(subjects)('%s', subject => {
  test('reads as written', () => {
    const text = files.find(file => file.path === `${subject}.uc`)?.text ?? '';
    const golden = join(REPOSITORY, FOLDER, `${subject}.uc`);
    if (process.env.UPDATE === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('computes what Node computes', async () => {
    const vectors = vectors_of(subject);
    expect(vectors.length).toBeGreaterThan(0);
    compared += await run_vectors(`${FOLDER}/${subject}.ts`, vectors);
  });
});

test('every exported function has a vector', () => {
  for (const subject of subjects) {
    const source = readFileSync(join(REPOSITORY, FOLDER, `${subject}.ts`), 'utf8');
    const called = new Set(vectors_of(subject).map(vector => vector.call));
    for (const [, name = ''] of source.matchAll(/^export (?:function|const) (\w+)/gm)) {
      if (!/^[A-Z_]+$/.test(name)) expect(called, `${subject}.ts`).toContain(name);
    }
  }
});

test.runIf(interpreters().length > 0)('interpreters answer', () => {
  expect(describe_interpreters()).not.toBe('');
});
