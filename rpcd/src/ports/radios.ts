/** What Wi-Fi chips can do as clients of other networks: from the text of `iw phy`. */

import type { DaemonPlatform } from '../../platform/platform.ts';
import { object_at, objects_at } from '../json.ts';
import { decimal } from '../net/address.ts';
import { is_device_name } from '../observe/netifd.ts';
import type { Radio } from '../rpc.ts';

/** The mode of a client. */
const MANAGED = 'managed';

/** Asking takes longer than a page should wait for again and again. */
const FRESH_MS = 60000;

export function start_radios(platform: DaemonPlatform): () => Radio[] {
  let radios: Radio[] = [];
  let read_ms: number | null = null;
  return () => {
    if (read_ms === null || platform.now_ms() - read_ms > FRESH_MS) {
      read_ms = platform.now_ms();
      radios = read_radios(platform);
    }
    return radios;
  };
}

/** Empty without Wi-Fi or without the program. Named as in /etc/config/wireless where an interface tells. */
function read_radios(platform: DaemonPlatform): Radio[] {
  const radios = parse_phys(platform.run(['iw', 'phy']).stdout);
  const wireless = platform.ubus_call('network.wireless', 'status', {}) ?? {};
  for (const name of Object.keys(wireless)) {
    for (const { ifname } of objects_at(object_at(wireless, name), 'interfaces')) {
      if (typeof ifname !== 'string' || !is_device_name(ifname)) continue;
      const phy = platform.read_file(`/sys/class/net/${ifname}/phy80211/name`) ?? '';
      for (const radio of radios) if (radio.name === phy.trim()) radio.name = name;
    }
  }
  return radios;
}

/** Named as the kernel does. Chips that cannot be a client are left out. */
export function parse_phys(text: string): Radio[] {
  const radios: Radio[] = [];
  for (const block of `\n${text}`.split('\nWiphy ').slice(1)) {
    const lines = block.split('\n').map(line => line.trim());
    const combinations = combinations_of(lines);
    // Without any the kernel allows one interface at a time, of each mode that the chip has.
    let clients = lines.includes(`* ${MANAGED}`) ? 1 : 0;
    let channels = 1;
    for (const combination of combinations) {
      const several = clients_in(combination);
      clients = Math.max(clients, several);
      if (several > 1) channels = Math.max(channels, number_after(combination, '#channels <= '));
    }
    if (clients > 0) radios.push({ name: lines[0] ?? '', clients, channels });
  }
  return radios;
}

/**
 * Each in one line: `* #{ managed } <= 2, #{ AP, mesh point } <= 4, total <= 4, #channels <= 1`, of which iw makes two
 * or more.
 */
function combinations_of(lines: string[]): string[] {
  const found: string[] = [];
  const start = lines.indexOf('valid interface combinations:');
  if (start < 0) return found;
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('* #{')) found.push(line);
    else if (found.length > 0 && /^(#\{|total)/.test(line)) found.push(`${found.pop() ?? ''} ${line}`);
  }
  return found;
}

function clients_in(combination: string): number {
  let most = 0;
  for (const limit of combination.split('#{').slice(1)) {
    const modes = (limit.split('}')[0] ?? '').split(',').map(mode => mode.trim());
    if (modes.includes(MANAGED)) most = number_after(limit, '} <= ');
  }
  return Math.min(most, number_after(combination, 'total <= '));
}

/** 0 when it is not there. */
function number_after(text: string, words: string): number {
  const at = text.indexOf(words);
  const digits = /^[0-9]{1,9}/.exec(at < 0 ? '' : text.slice(at + words.length));
  return digits === null ? 0 : decimal(digits[0]);
}
