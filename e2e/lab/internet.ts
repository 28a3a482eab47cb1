/** What the server is besides the lab's own service: the internet's names and web pages, and a captive portal. */

import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';
import { PORTAL_ADDRESS } from './addresses.ts';
import { dns_answer } from './dns.ts';

const DNS_PORT = 53;
const WEB_PORT = 80;
/** Names that the server goes by: those of the default `captive_url`. */
export const SERVER_NAMES = ['connect.rom.miui.com', 'www.gstatic.com'];
/** Of every other name. Nobody has it (RFC 5737). */
export const OTHER_ADDRESS = '203.0.113.1';
const EMPTY_PAGE = '/generate_204';
/** Where a portal sends everybody. */
const LOGIN_PAGE = `http://${PORTAL_ADDRESS}/login`;

/** Answer questions for names at each of `addresses`; the server's names lead to the first. */
export async function serve_dns(addresses: string[]): Promise<void> {
  const address_of = (name: string) =>
    SERVER_NAMES.includes(name) ? (addresses[0] ?? OTHER_ADDRESS) : OTHER_ADDRESS;
  await Promise.all(
    addresses.map(own_address => {
      // One socket each, so that the answer comes from the address that was asked.
      const socket = createSocket(isIPv6(own_address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
      socket.on('message', (question, { address, port }) => {
        const answer = dns_answer(question, address_of);
        if (answer !== null) socket.send(answer, port, address);
      });
      return new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(DNS_PORT, own_address, () => {
          // Later ones are of answers that cannot be sent.
          socket.off('error', reject).on('error', () => {});
          resolve();
        });
      });
    }),
  );
}

/** Any host's empty page is empty; whoever was led to one of `portal_addresses` is told to log in. */
export function serve_web(portal_addresses: string[]): Promise<void> {
  const server = createServer((request, response) => {
    const own_address = (request.socket.localAddress ?? '').replace('::ffff:', '');
    if (portal_addresses.includes(own_address)) {
      response.writeHead(302, { location: LOGIN_PAGE }).end();
    } else if (request.url === EMPTY_PAGE) {
      response.writeHead(204).end();
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(WEB_PORT, resolve);
  });
}
