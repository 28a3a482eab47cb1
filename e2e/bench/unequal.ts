/** Unequal links with weights after their rates: do downloads use what there is? */

import { start_lab } from '../lab/lab.ts';
import { seeded } from './arrivals.ts';
import {
  mean_and_least,
  run_together,
  SERVER_ADDRESSES,
  shaped_uplinks,
  single_link_rates,
} from './downloads.ts';
import { by_subject, job_per_subject, type Scenario } from './scenario.ts';
import { share_chart } from './share_chart.ts';
import { sum } from './statistics.ts';
import { ONE_LINK, subject_of } from './subjects.ts';

const LINKS_BPS = [10e6, 6e6, 2e6];
const WEIGHTS = [5, 3, 1];
const COUNTS = [4, 9, 16];

export interface UnequalSample {
  subject: string;
  count: number;
  repetition: number;
  share: number;
  placement: string;
}

export const unequal: Scenario<UnequalSample> = {
  name: 'unequal',
  question: `${COUNTS.join(', ')} parallel downloads on links of ${LINKS_BPS.map(bps => bps / 1e6).join('/')} Mbit/s with weights ${WEIGHTS.join(':')}: share of the summed capacity`,
  exclusive: false,
  jobs: ({ subjects }) => job_per_subject(subjects),

  async run({ subjects }, { quick }, say) {
    const samples: UnequalSample[] = [];
    const lab = await start_lab({
      uplinks: shaped_uplinks(LINKS_BPS),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    const capacity = sum(await single_link_rates(lab));
    for (const name of subjects) {
      const repetitions = name === ONE_LINK ? 1 : quick ? 2 : 8;
      const subject = subject_of(name);
      await subject.set_up(
        lab,
        lab.uplinks.map((uplink, index) => ({ name: uplink.name, weight: WEIGHTS[index] ?? 1 })),
      );
      for (const count of quick ? [4, 9] : COUNTS) {
        for (let repetition = 1; repetition <= repetitions; repetition += 1) {
          const plan = { count, stagger_ms: 50, background: null, window_ms: quick ? 1000 : 1200 };
          const { rate, placement } = await run_together(lab, plan, seeded(repetition * 1000 + count));
          samples.push({
            subject: name,
            count,
            repetition,
            share: rate / capacity,
            placement: placement.join(':'),
          });
        }
        const shares = samples.filter(sample => sample.count === count).map(({ share }) => share);
        say(`${count}: ${mean_and_least(shares)}`);
      }
      await subject.tear_down(lab);
    }
    await lab.stop();
    return samples;
  },

  tables(samples) {
    const counts = [...new Set(samples.map(({ count }) => count))];
    return [
      {
        title: 'Share of the summed capacity, mean (least)',
        head: ['', ...counts.map(count => `n = ${count}`)],
        rows: by_subject(samples).map(([subject, own]) => [
          subject,
          ...counts.map(count => {
            const shares = own.filter(sample => sample.count === count).map(({ share }) => share);
            return mean_and_least(shares);
          }),
        ]),
      },
    ];
  },

  charts(samples) {
    return [share_chart('Unequal links', samples)];
  },
};
