/** The lab has room for as many uplinks as linkagg can have links. */

import { expect, test } from 'vitest';
import { UPLINKS_MAX } from './addresses.ts';
import { start_lab } from './lab.ts';

test('the last of the most uplinks carries both families, like the first', async () => {
  const uplinks = Array.from({ length: UPLINKS_MAX }, (_, index) => ({ name: `wan${index + 1}` }));
  const lab = await start_lab({ uplinks, ipv6: true, daemon: false });
  for (const name of ['wan1', `wan${UPLINKS_MAX}`]) {
    const target = lab.server_addresses[0] ?? '';
    expect(lab.router.exec(['ping', '-c', '1', '-W', '1', '-I', name, target]).code).toBe(0);
    const local_address = lab.address6_of('client1', name);
    const [download] = await lab.download({ family: 6, bytes: 1, local_address });
    expect(download).toMatchObject({ error: null, source: local_address, uplink: name });
  }
  // wan16 is an uplink itself, so the IPv6 interface of wan1 has another name.
  expect(lab.uplink('wan1').interface6).toBe('wan1_6');
  await lab.stop();
});
