/** Bars of the share of the summed capacity, by number of downloads, for every subject. */

import type { Chart } from './chart.ts';
import { by_subject } from './scenario.ts';
import { mean, minimum } from './statistics.ts';

export interface ShareSample {
  subject: string;
  /** Parallel downloads. */
  count: number;
  /** 0 to 1. */
  share: number;
}

export function share_chart(title: string, samples: ShareSample[]): Chart {
  const counts = [...new Set(samples.map(({ count }) => count))];
  return {
    title: `${title}: share of the summed capacity`,
    groups: counts.map(count => `n = ${count}`),
    series: by_subject(samples).map(([name, own]) => ({
      name,
      bars: counts.map(count => {
        const shares = own.filter(sample => sample.count === count).map(({ share }) => share);
        return { value: mean(shares), mark: minimum(shares) };
      }),
    })),
    mark: 'least',
    top: 1,
  };
}
