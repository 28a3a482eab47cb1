/** Tests that need the lab. To be started through `e2e/in_namespace.ts`. */

import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Parts that take about the same time, for which the size of a file is a fair guess. */
class Sequencer extends BaseSequencer {
  override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index, count } = this.ctx.config.shard ?? { index: 1, count: 1 };
    const sized = files.map(file => ({ file, size: statSync(file.moduleId).size }));
    sized.sort((a, b) => b.size - a.size || (a.file.moduleId < b.file.moduleId ? -1 : 1));
    const parts = Array.from({ length: count }, () => ({ size: 0, files: [] as TestSpecification[] }));
    for (const { file, size } of sized) {
      const smallest = parts.reduce((least, part) => (part.size < least.size ? part : least));
      smallest.size += size;
      smallest.files.push(file);
    }
    return parts[index - 1]?.files ?? [];
  }
}

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    // One lab at a time: the namespaces have fixed names.
    fileParallelism: false,
    sequence: { sequencer: Sequencer },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
