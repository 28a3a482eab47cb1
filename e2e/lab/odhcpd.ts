/**
 * Stand-in for odhcpd and for what clients make of its router advertisements: they have an address in each
 * announced subnet. For new connections they take the first one that is preferred, so that a test knows which.
 */

import { client_address6 } from './addresses.ts';
import { run_command } from './namespace.ts';

/** A prefix whose first /64 is announced on the LAN. */
export interface Announcement {
  prefix: string;
  preferred: boolean;
}

/** Each call of the result replaces what was announced before. `clients`: their network namespaces. */
export function start_odhcpd(clients: string[]): (announcements: Announcement[]) => void {
  let announced: Announcement[] = [];

  return announcements => {
    if (JSON.stringify(announcements) === JSON.stringify(announced)) return;
    for (const [index, client] of clients.entries()) {
      const address = (prefix: string) => `${client_address6(index + 1, prefix)}/64 dev eth0`;
      const gone = announced.filter(({ prefix }) => !announcements.some(other => other.prefix === prefix));
      const lines = [
        ...gone.map(({ prefix }) => `address delete ${address(prefix)}`),
        ...announcements.map(
          ({ prefix, preferred }) =>
            `address replace ${address(prefix)} valid_lft forever preferred_lft ${preferred ? 'forever' : 0}`,
        ),
      ];
      run_command(['ip', '-n', client, '-6', '-force', '-batch', '-'], `${lines.join('\n')}\n`);
    }
    announced = announcements;
  };
}
