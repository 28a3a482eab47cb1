/**
 * What the router costs: bytes and new connections per second over links without limits. Two labs stand side by side,
 * one with the subject and one with a plain route, and take short turns, so that what the machine does meanwhile hits
 * both alike; then they change roles. Everything runs on the same processors, so the ratio tells less than all of the
 * router's share; CPU time per packet tells it directly.
 */

import { fileURLToPath } from 'node:url';
import type { Chart } from './chart.ts';
import {
  type ForwardLab,
  LINKS,
  open_forward_lab,
  type Quantity,
  STREAMS,
  type Turn,
} from './forward_lab.ts';
import { by_subject, type Scenario } from './scenario.ts';
import { mean, median, percentile, standard_deviation, sum } from './statistics.ts';
import { ONE_LINK } from './subjects.ts';

const ROUNDS = 6;
/** In each round. */
const PAIRS = 6;
const DURATIONS_MS: Record<Quantity, number> = { bytes: 500, tcp: 300, udp: 250 };
const QUANTITIES: Quantity[] = ['bytes', 'tcp', 'udp'];

/** A turn of a subject and one of a plain route, one right after the other. */
export interface ForwardSample {
  subject: string;
  round: number;
  quantity: Quantity;
  own: Turn;
  plain: Turn;
}

export const forward: Scenario<ForwardSample> = {
  name: 'forward',
  question: `${STREAMS} parallel streams and new connections over ${LINKS} unshaped links, in turns with one plain route`,
  exclusive: true,
  jobs: ({ subjects }) => [{ key: 'all', subjects }],

  async run({ subjects }, { quick }, say) {
    const samples: ForwardSample[] = [];
    const program = fileURLToPath(import.meta.url);
    const labs = [await open_forward_lab(program), await open_forward_lab(program)] as const;
    for (let round = 1; round <= (quick ? 2 : ROUNDS); round += 1) {
      const [own, plain] = round % 2 === 1 ? labs : ([labs[1], labs[0]] as const);
      for (const subject of subjects) {
        await Promise.all([own.set_up(subject), plain.set_up(ONE_LINK)]);
        for (let pair = 1; pair <= (quick ? 2 : PAIRS); pair += 1) {
          for (const quantity of QUANTITIES) {
            samples.push({
              subject,
              round,
              quantity,
              ...(await turns(own, plain, quantity, pair % 2 === 1)),
            });
          }
        }
        await Promise.all([own.tear_down(), plain.tear_down()]);
      }
      say(`round ${round}`);
    }
    for (const lab of labs) lab.stop();
    return samples;
  },

  tables: samples => [
    {
      title: 'Against one plain route: median of the pairs; mean ± its standard error',
      head: ['', 'pairs', ...TITLES, 'CPU time per packet'],
      rows: by_subject(samples).map(([name, of_subject]) => [
        name,
        `${ratios(of_subject, 'bytes').length}`,
        ...QUANTITIES.map(quantity => spread(ratios(of_subject, quantity))),
        spread(ratios(of_subject, 'bytes', 'busy_us')),
      ]),
    },
    {
      title: 'Absolute, median',
      head: [
        '',
        'Mbit/s',
        'packets/s',
        'TCP connections/s',
        'UDP connections/s',
        'interrupt µs per packet',
        'CPU µs per packet',
        'failed',
      ],
      rows: by_subject(samples).map(([subject, of_subject]) => {
        const middle = (quantity: Quantity, key: keyof Turn) =>
          median(of(of_subject, quantity).map(({ own }) => own[key]));
        return [
          subject,
          (middle('bytes', 'per_s') / 1e6).toFixed(0),
          middle('bytes', 'packets_per_s').toFixed(0),
          middle('tcp', 'per_s').toFixed(0),
          middle('udp', 'per_s').toFixed(0),
          middle('bytes', 'softirq_us').toFixed(2),
          middle('bytes', 'busy_us').toFixed(2),
          `${sum(of_subject.map(({ own }) => own.failed))}`,
        ];
      }),
    },
  ],

  charts: samples => [
    {
      title: 'Against one plain route',
      groups: TITLES,
      series: by_subject(samples).map(([name, of_subject]) => ({
        name,
        bars: QUANTITIES.map(quantity => ratios(of_subject, quantity)).map(each => ({
          value: median(each),
          mark: percentile(each, 0.25),
        })),
      })),
      mark: 'lower quartile',
    } satisfies Chart,
  ],
};

const TITLES = ['bytes per second', 'new TCP connections', 'new UDP connections'];

async function turns(
  own: ForwardLab,
  plain: ForwardLab,
  quantity: Quantity,
  own_first: boolean,
): Promise<{ own: Turn; plain: Turn }> {
  const measure = (lab: ForwardLab) => lab.measure(quantity, DURATIONS_MS[quantity]);
  if (own_first) return { own: await measure(own), plain: await measure(plain) };
  const before = await measure(plain);
  return { own: await measure(own), plain: before };
}

function of(samples: ForwardSample[], quantity: Quantity): ForwardSample[] {
  return samples.filter(sample => sample.quantity === quantity);
}

/** Each turn of the subject against that of the plain route. */
function ratios(samples: ForwardSample[], quantity: Quantity, key: keyof Turn = 'per_s'): number[] {
  return of(samples, quantity).map(({ own, plain }) => own[key] / plain[key]);
}

function spread(values: number[]): string {
  const error = standard_deviation(values) / Math.sqrt(values.length);
  return `${median(values).toFixed(2)}; ${mean(values).toFixed(2)} ± ${error.toFixed(2)}`;
}
