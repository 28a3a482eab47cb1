/** A few downloads side by side on equal links: does every link carry one? */

import { start_lab } from '../lab/lab.ts';
import { seeded } from './arrivals.ts';
import {
  type Background,
  equal_shares,
  mean_and_least,
  run_together,
  SERVER_ADDRESSES,
  shaped_uplinks,
  single_link_rates,
  summed_equal,
} from './downloads.ts';
import { by_subject, job_per_subject, type Scenario, type Table } from './scenario.ts';
import { share_chart } from './share_chart.ts';
import { ONE_LINK, subject_of } from './subjects.ts';

const LINK_BPS = 8e6;
const LINKS = 3;
const COUNTS = [2, 3, 4, 6, 8];
const BACKGROUND: Background = { connections_per_s: 10, bytes: [1000, 3000] };
const STAGGER_MS = 200;

export interface FewSample {
  subject: string;
  count: number;
  background: boolean;
  repetition: number;
  /** Of the summed capacity. */
  share: number;
  placement: string;
  /** With a download alone on the best link: bytes per second on the wire. */
  single: number;
}

export const few: Scenario<FewSample> = {
  name: 'few',
  question: `${COUNTS.join(', ')} parallel downloads on ${LINKS} equal links of ${LINK_BPS / 1e6} Mbit/s: share of the summed capacity`,
  exclusive: false,
  jobs: ({ subjects }) => job_per_subject(subjects),

  async run({ subjects }, { quick }, say) {
    const counts = quick ? [3, 4] : COUNTS;
    const samples: FewSample[] = [];
    const lab = await start_lab({
      uplinks: shaped_uplinks(Array.from({ length: LINKS }, () => LINK_BPS)),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    const rates = await single_link_rates(lab);
    for (const name of subjects) {
      // One link gives the same every time.
      const repetitions = name === ONE_LINK ? 1 : quick ? 2 : 6;
      const subject = subject_of(name);
      await subject.set_up(lab, equal_shares(lab));
      for (const background of [false, true]) {
        for (const count of counts) {
          for (let repetition = 1; repetition <= repetitions; repetition += 1) {
            const plan = {
              count,
              stagger_ms: background ? STAGGER_MS : 0,
              background: background ? BACKGROUND : null,
              window_ms: quick ? 1000 : 1200,
            };
            const random = seeded(repetition * 1000 + count * 10 + Number(background));
            const { rate, placement } = await run_together(lab, plan, random);
            samples.push({
              subject: name,
              count,
              background,
              repetition,
              share: rate / summed_equal(rates),
              placement: placement.join(':'),
              single: summed_equal(rates) / LINKS,
            });
          }
          const shares = samples
            .filter(sample => sample.count === count && sample.background === background)
            .map(({ share }) => share);
          say(`${count}${background ? ' with others' : ''}: ${mean_and_least(shares)}`);
        }
      }
      await subject.tear_down(lab);
    }
    await lab.stop();
    return samples;
  },

  tables: samples => [
    table('downloads alone', false, samples),
    table(
      `with ${BACKGROUND.connections_per_s} short connections per second beside, starts ${STAGGER_MS / 1000} s apart`,
      true,
      samples,
    ),
  ],
  charts: samples => [
    share_chart(
      'Downloads alone',
      samples.filter(({ background }) => !background),
    ),
    share_chart(
      'Short connections beside them',
      samples.filter(({ background }) => background),
    ),
  ],
};

function table(title: string, background: boolean, samples: FewSample[]): Table {
  const counts = [...new Set(samples.map(({ count }) => count))];
  return {
    title: `Share of the summed capacity, mean (least), ${title}`,
    head: ['', ...counts.map(count => `n = ${count}`)],
    rows: [
      ...by_subject(samples.filter(sample => sample.background === background)).map(([subject, own]) => [
        subject,
        ...counts.map(count =>
          mean_and_least(own.filter(sample => sample.count === count).map(({ share }) => share)),
        ),
      ]),
      // What hashes give when repeated often enough: the expected share of links that get at least one.
      ['theory: random', ...counts.map(count => (1 - (1 - 1 / LINKS) ** count).toFixed(2))],
    ],
  };
}
