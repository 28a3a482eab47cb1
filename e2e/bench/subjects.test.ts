/** The bench can only compare what leaves nothing behind for the next one, and measures what it says. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, start_lab } from '../lab/lab.ts';
import { equal_shares } from './downloads.ts';
import { ONE_LINK, SUBJECT_NAMES, subject_of } from './subjects.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await start_lab({ daemon: false, server_addresses: 16 });
});
afterAll(() => lab?.stop());

function kernel_state(): string {
  return [
    ['ip', 'rule'],
    // IPv6 gets its link-local addresses in its own time.
    ['ip', '-4', 'route', 'show', 'table', 'all'],
    ['nft', 'list', 'tables'],
    ['cat', '/proc/sys/net/ipv4/fib_multipath_hash_policy'],
  ]
    .map(argv => lab.router.exec(argv).stdout)
    .join('\n');
}

async function uplinks_used(): Promise<number> {
  const downloads = await lab.download({ parallel: 32, bytes: 1000 });
  expect(downloads.filter(({ error }) => error !== null)).toEqual([]);
  return new Set(downloads.map(({ uplink }) => uplink)).size;
}

test.each(SUBJECT_NAMES)('%s uses the links it should, and leaves the router as it found it', async name => {
  const before = kernel_state();
  const subject = subject_of(name);
  await subject.set_up(lab, equal_shares(lab));
  expect(await uplinks_used()).toBe(name === ONE_LINK ? 1 : 3);
  if (name !== ONE_LINK) {
    await subject.set_link(lab, { name: 'wan2', enabled: false });
    expect(await uplinks_used()).toBe(2);
    await subject.set_link(lab, { name: 'wan2', enabled: true });
    expect(await uplinks_used()).toBe(3);
  }
  await subject.tear_down(lab);
  expect(kernel_state()).toBe(before);
});

test('what running downloads have got can be read at any time', async () => {
  lab.uplink('wan1').set_rate(8e6, 8e6);
  const running = lab.start_download();
  await new Promise(resolve => setTimeout(resolve, 800));
  const first = await running.received();
  await new Promise(resolve => setTimeout(resolve, 500));
  const second = await running.received();
  running.stop();
  await running.done;
  lab.uplink('wan1').set_rate(null, null);
  const bps = ((second.bytes - first.bytes) * 8000) / (second.at_ms - first.at_ms);
  expect(bps).toBeGreaterThan(6e6);
  expect(bps).toBeLessThan(8.2e6);
});

test('new connections can be made as fast as it goes', async () => {
  const tcp = await lab.knock({ parallel: 8, seconds: 0.3 });
  expect(tcp.count).toBeGreaterThan(10);
  expect(tcp.failed).toBe(0);
  const udp = await lab.scatter({ seconds: 0.1 });
  expect(udp.count).toBeGreaterThan(10);
});
