/** Live connections while an admin changes something: which of them break or move, and how soon is it in force? */

import { type Connections, type OpenConnection, start_lab, wait_for } from '../lab/lab.ts';
import type { Chart } from './chart.ts';
import { equal_shares, SERVER_ADDRESSES } from './downloads.ts';
import { by_subject, job_per_subject, type Scenario, sleep } from './scenario.ts';
import { maximum, median, sum } from './statistics.ts';
import { ONE_LINK, subject_of } from './subjects.ts';

const LINKS = 3;
const TCP = 150;
const UDP = 150;
const EXCHANGE_INTERVAL_MS = 150;
/** After the change: a connection that has been silent for `SILENT_MS` then is broken. */
const WATCH_MS = 2500;
const SILENT_MS = 1500;
/** Further weight changes whose time is taken. */
const TIMED_CHANGES = 10;

const EVENTS: Array<{ name: string; change: { name: string; weight?: number; enabled?: boolean } }> = [
  { name: 'weight 1 → 3', change: { name: 'wan2', weight: 3 } },
  { name: 'link off', change: { name: 'wan1', enabled: false } },
  { name: 'link on again', change: { name: 'wan1', enabled: true } },
];

export interface ChangeSample {
  subject: string;
  event: string;
  repetition: number;
  /** Connections on links that stayed; the link switched off does not count. */
  tcp: number;
  tcp_lost: number;
  udp: number;
  udp_lost: number;
  /** Until the change was in force: this one and, for the weight, ten more. */
  applied_ms: number[];
}

export const change: Scenario<ChangeSample> = {
  name: 'change',
  question: `${TCP} TCP and ${UDP} UDP connections over ${LINKS} links while a weight changes, a link is switched off, and on again`,
  exclusive: true,
  jobs: ({ subjects }) => job_per_subject(subjects.filter(subject => subject !== ONE_LINK)),

  async run({ subjects }, { quick }, say) {
    const samples: ChangeSample[] = [];
    const lab = await start_lab({
      uplinks: Array.from({ length: LINKS }, (_, index) => ({ name: `wan${index + 1}` })),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    for (const name of subjects) {
      for (let repetition = 1; repetition <= (quick ? 1 : 2); repetition += 1) {
        const subject = subject_of(name);
        await subject.set_up(lab, equal_shares(lab));
        for (const event of EVENTS) {
          const tcp = lab.open_connections(TCP, { protocol: 'tcp', interval_ms: EXCHANGE_INTERVAL_MS });
          const udp = lab.open_connections(UDP, { protocol: 'udp', interval_ms: EXCHANGE_INTERVAL_MS });
          const before = { tcp: await all_talking(tcp), udp: await all_talking(udp) };
          const applied_ms = [await subject.set_link(lab, event.change)];
          await sleep(WATCH_MS);
          const stayed = event.change.enabled === false ? event.change.name : null;
          const [tcp_all, tcp_lost] = lost(before.tcp, await tcp.states(), stayed);
          const [udp_all, udp_lost] = lost(before.udp, await udp.states(), stayed);
          if (event.change.weight !== undefined) {
            for (let time = 0; time < TIMED_CHANGES; time += 1) {
              await sleep(50);
              applied_ms.push(await subject.set_link(lab, { ...event.change, weight: 1 + ((time * 2) % 4) }));
            }
          }
          await Promise.all([tcp.close(), udp.close()]);
          samples.push({
            subject: name,
            event: event.name,
            repetition,
            tcp: tcp_all,
            tcp_lost,
            udp: udp_all,
            udp_lost,
            applied_ms: applied_ms.map(value => Math.round(value * 10) / 10),
          });
          say(`${event.name}: TCP ${tcp_lost} of ${tcp_all}, UDP ${udp_lost} of ${udp_all}`);
        }
        await subject.tear_down(lab);
      }
    }
    await lab.stop();
    return samples;
  },

  tables: samples => [
    {
      title: 'Broken or moved connections on links that stayed',
      head: [
        '',
        ...EVENTS.flatMap(({ name }) => [`${name}: TCP`, 'UDP']),
        'in force after, median (longest)',
      ],
      rows: by_subject(samples).map(([subject, own]) => [
        subject,
        ...EVENTS.flatMap(({ name }) => {
          const event = own.filter(sample => sample.event === name);
          return [share(event, 'tcp'), share(event, 'udp')].map(value => `${(100 * value).toFixed(1)} %`);
        }),
        times(own.flatMap(({ applied_ms }) => applied_ms)),
      ]),
    },
  ],

  charts: samples => [
    {
      title: 'Connections broken or moved on links that stayed, %',
      groups: EVENTS.map(({ name }) => name),
      series: by_subject(samples).map(([name, own]) => ({
        name,
        bars: EVENTS.map(event => {
          const those = own.filter(sample => sample.event === event.name);
          return { value: 50 * (share(those, 'tcp') + share(those, 'udp')) };
        }),
      })),
      mark: '',
    } satisfies Chart,
  ],
};

async function all_talking(connections: Connections): Promise<OpenConnection[]> {
  await wait_for(async () => (await connections.states()).every(({ exchanged }) => exchanged >= 2), {
    what: 'all connections to talk',
    interval_ms: 100,
  });
  return connections.states();
}

/** Connections that were not on `except`, and how many of them broke, fell silent or moved. */
function lost(before: OpenConnection[], after: OpenConnection[], except: string | null): [number, number] {
  const stayed = before.flatMap(({ uplink }, index) => {
    const state = after[index];
    return uplink === except || state === undefined ? [] : [state];
  });
  const broken = stayed.filter(
    state => state.broken !== null || state.silent_ms > SILENT_MS || state.sources.length > 1,
  );
  return [stayed.length, broken.length];
}

function share(samples: ChangeSample[], protocol: 'tcp' | 'udp'): number {
  return (
    sum(samples.map(sample => sample[`${protocol}_lost`])) / sum(samples.map(sample => sample[protocol]))
  );
}

function times(values: number[]): string {
  return `${Math.round(median(values))} (${Math.round(maximum(values))}) ms`;
}
