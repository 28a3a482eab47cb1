/** Some downloads side by side that go on and on, and which share of the links' rate they get together. */

import type { Lab, RunningDownload } from '../lab/lab.ts';
import { exponential, type Random, shuffled } from './arrivals.ts';
import { sleep } from './scenario.ts';
import { maximum, mean, minimum, sum } from './statistics.ts';
import { type LinkShare, one_link } from './subjects.ts';

/** Server addresses of the bench's labs; each repetition takes other ones, so that hashes differ. */
export const SERVER_ADDRESSES = 64;

/** From the last start to the first count: until TCP has repaired what its start overran. */
const SETTLE_MS = 900;
/** After the downloads, until queues are empty and what was learned from them has faded. */
const PAUSE_MS = 700;
const REFERENCE_MS = 1200;

export interface Background {
  connections_per_s: number;
  /** Smallest and largest. */
  bytes: [number, number];
}

export interface DownloadsPlan {
  count: number;
  /** Between one start and the next. */
  stagger_ms: number;
  background: Background | null;
  window_ms: number;
}

export interface Together {
  /** Bytes per second that came over all uplinks. */
  rate: number;
  /** Downloads by link, in the order of the lab's uplinks. */
  placement: number[];
}

/** Bytes per second on the wire with one download alone on each link, in the lab's order. */
export async function single_link_rates(lab: Lab): Promise<number[]> {
  const rates: number[] = [];
  for (const { name } of lab.uplinks) {
    const alone = one_link(name);
    await alone.set_up(lab, []);
    const plan = { count: 1, stagger_ms: 0, background: null, window_ms: REFERENCE_MS };
    const { rate, placement } = await run_together(lab, plan, () => 0.5);
    if (placement[rates.length] !== 1) throw new Error(`the download alone did not take ${name}`);
    rates.push(rate);
    await alone.tear_down(lab);
  }
  return rates;
}

/** The largest of equal links' rates times their number. */
export function summed_equal(rates: number[]): number {
  return maximum(rates) * rates.length;
}

export async function run_together(lab: Lab, plan: DownloadsPlan, random: Random): Promise<Together> {
  const addresses = shuffled(lab.server_addresses, random);
  const stop_background =
    plan.background === null ? () => {} : start_background(lab, plan.background, random);
  if (plan.background !== null) await sleep(500);
  const running: RunningDownload[] = [];
  for (let index = 0; index < plan.count; index += 1) {
    if (index > 0) await sleep(plan.stagger_ms);
    running.push(lab.start_download({ address: addresses[index % addresses.length] ?? '' }));
  }
  await sleep(SETTLE_MS);
  const before = received_bytes(lab);
  await sleep(plan.window_ms);
  const after = received_bytes(lab);
  const rates = after.map(({ bytes, at_ms }, index) => {
    const start = before[index] ?? { bytes: 0, at_ms: 0 };
    return ((bytes - start.bytes) * 1000) / (at_ms - start.at_ms);
  });
  stop_background();
  for (const download of running) download.stop();
  const downloads = (await Promise.all(running.map(({ done }) => done))).flat();
  for (const { error } of downloads) if (error !== null) throw new Error(`a download failed: ${error}`);
  await sleep(PAUSE_MS);
  return {
    rate: sum(rates),
    placement: lab.uplinks.map(({ name }) => downloads.filter(({ uplink }) => uplink === name).length),
  };
}

/** On the wire: what a program gets comes in jumps when a lost packet held up the ones behind it. */
function received_bytes(lab: Lab): Array<{ bytes: number; at_ms: number }> {
  return lab.uplinks.map(uplink => ({ bytes: uplink.counters().rx_bytes, at_ms: performance.now() }));
}

/** Short connections at moments of chance, as on any real router. Returns how to stop it. */
function start_background(
  lab: Lab,
  { connections_per_s, bytes: [smallest, largest] }: Background,
  random: Random,
): () => void {
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(() => {
      next();
      const bytes = Math.round(smallest + random() * (largest - smallest));
      const address = lab.server_addresses[Math.floor(random() * lab.server_addresses.length)] ?? '';
      lab.start_download({ address, bytes });
    }, exponential(connections_per_s, random) * 1000);
  };
  next();
  return () => clearTimeout(timer);
}

/** Payload of a full segment with time stamps in its Ethernet frame, which is what the shaper counts. */
export const GOODPUT_SHARE = 1448 / 1514;

/** Cell of a table: the mean and the least of some shares. */
export function mean_and_least(shares: number[]): string {
  return `${mean(shares).toFixed(2)} (${minimum(shares).toFixed(2)})`;
}

/** Equal or unequal links of these rates, shaped the same both ways. */
export function shaped_uplinks(
  down_bps: number[],
): Array<{ name: string; down_bps: number; up_bps: number }> {
  return down_bps.map((bps, index) => ({ name: `wan${index + 1}`, down_bps: bps, up_bps: bps }));
}

export function equal_shares(lab: Lab): LinkShare[] {
  return lab.uplinks.map(({ name }) => ({ name, weight: 1 }));
}
