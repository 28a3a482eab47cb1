/** Proves the verdict of every probe in `differences/table.ts`. */
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { PROBES, type Probe } from './differences/table.ts';
import { find_differences, in_folder, REPOSITORY, type Vector } from './harness.ts';
import { interpreters } from './interpreters.ts';

const MODULE = 'rpcd/compiler/test/differences/equal.ts';

afterAll(() => {
  const count = (verdict: string): number => PROBES.filter(probe => verdict in probe).length;
  const counts = ['equal', 'refused', 'throws', 'bounded'].map(verdict => `${count(verdict)} ${verdict}`);
  process.stdout.write(
    `differences: ${PROBES.length} probes, ${counts.join(', ')}; ${interpreters().length} interpreters\n`,
  );
});

function vectors_of(probes: readonly Probe[]): { id: string; vector: Vector }[] {
  return probes.flatMap(probe => {
    const call =
      'equal' in probe
        ? probe.equal
        : 'throws' in probe
          ? probe.throws
          : 'bounded' in probe
            ? probe.bounded
            : '';
    return 'calls' in probe ? probe.calls.map(args => ({ id: probe.id, vector: { call, args } })) : [];
  });
}

test('every probe has its own name', () => {
  expect(new Set(PROBES.map(probe => probe.id)).size).toBe(PROBES.length);
});

describe('executed', async () => {
  const executed = vectors_of(PROBES);
  const differences = await find_differences(
    MODULE,
    executed.map(one => one.vector),
  );
  const of_probe = (probe: Probe) => {
    const own = executed.filter(one => one.id === probe.id).map(one => one.vector);
    return { own, found: differences.filter(difference => own.includes(difference.vector)) };
  };

  test.each(PROBES.filter(probe => 'equal' in probe))('$id equal: $difference', probe => {
    expect(of_probe(probe).found).toEqual([]);
  });

  test.each(PROBES.filter(probe => 'throws' in probe))('$id throws: $difference', probe => {
    const { own, found } = of_probe(probe);
    expect(found.length).toBe(own.length * interpreters().length);
    for (const one of found) expect(one.actual).toMatch(/^throws: /);
  });

  test.each(PROBES.filter(probe => 'bounded' in probe))('$id bounded: $difference', probe => {
    const { own, found } = of_probe(probe);
    expect(found.length).toBe(own.length * interpreters().length);
  });
});

describe('refused', () => {
  const refused = PROBES.filter(probe => 'refused' in probe);
  const files = refused.map(probe => ({ path: `src/p${probe.id}.ts`, text: `${probe.source}\n` }));
  const { diagnostics } = in_folder(files, folder =>
    compile({
      source_root: folder,
      roots: files.map(file => file.path),
      mapping: { src: '' },
      runtime_dir: `${REPOSITORY}/rpcd/compiler/runtime`,
    }),
  );

  test.each(refused)('$id $refused: $difference', probe => {
    const names = diagnostics.filter(one => one.file === `src/p${probe.id}.ts`).map(one => one.name);
    expect(names).toContain(probe.refused);
  });
});
