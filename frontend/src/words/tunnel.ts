/** Tunnels in words: their forms, and how their peers are. */

import type { PeerStatus, TunnelStatus } from '../../../rpcd/src/rpc.ts';
import type { Form } from '../store/form.ts';
import { _, fill } from '../translate.ts';
import { age_text } from './age.ts';
import { type FormField, name_field } from './fields.ts';

/** Of a tunnel, and of a PC, which is one. */
export function tunnel_name_field(is_new: boolean): FormField[] {
  return name_field(is_new, _('1 to 7 letters, digits or underscores; its link is called the same.'));
}

export function tunnel_fields(is_new: boolean, form: Form, links: string[]): FormField[] {
  const none = form.nat === 'none' || form.exit !== '';
  return [
    ...tunnel_name_field(is_new),
    {
      option: 'uplink',
      title: _('Uplink'),
      help: _('The link that the packets of the tunnel itself leave by, whatever else the router does.'),
      choices: [
        { value: '', text: _('any: as the main table says') },
        ...links.map(name => ({ value: name, text: name })),
      ],
    },
    {
      option: 'addresses',
      kind: 'list',
      title: _('Addresses'),
      help: _('Of the router in the tunnel: 10.9.0.2/32, fd00:9::2/128. Several with blanks between them.'),
    },
    {
      option: 'nat',
      title: _('NAT'),
      help: _('Without it the far side does the NAT, and needs a route to the LAN.'),
      choices: [
        { value: 'masquerade', text: _('masquerade: the address in the tunnel') },
        { value: 'none', text: _('none: by the far side') },
      ],
    },
    ...(none
      ? [
          {
            option: 'exit',
            title: _('Exit'),
            help: _(
              'Any name for the far side. Tunnels with the same exit take over live connections from each other.',
            ),
            empty: _('none'),
          },
        ]
      : []),
    {
      option: 'listen_port',
      kind: 'integer',
      title: _('Listen port'),
      help: _('UDP port of the router for this tunnel, one of its own.'),
      empty: _('a free one'),
      rare: true,
    },
    {
      option: 'mtu',
      kind: 'integer',
      title: _('MTU'),
      help: _('Octets in a packet within the tunnel.'),
      empty: _('as WireGuard finds it'),
      rare: true,
    },
  ];
}

export function peer_fields(form: Form, stored: boolean): FormField[] {
  return [
    { option: 'public_key', title: _('Public key'), help: _('Of the other side, 44 characters.') },
    {
      option: 'endpoint_host',
      title: _('Endpoint'),
      help: _('Address or name of the other side.'),
      empty: _('none: the other side calls'),
    },
    {
      option: 'endpoint_port',
      kind: 'integer',
      title: _('Endpoint port'),
      help: _('UDP port of the other side.'),
    },
    {
      option: 'allowed_ips',
      kind: 'list',
      title: _('Allowed IPs'),
      help: _('Networks behind the other side; 0.0.0.0/0 and ::/0 are the whole internet.'),
    },
    {
      option: 'preshared',
      title: _('Preshared key'),
      help: _('A second secret, the same on both sides.'),
      choices: [
        ...(stored ? [{ value: 'keep', text: _('as stored') }] : []),
        { value: 'none', text: _('none') },
        { value: 'typed', text: _('another') },
      ],
    },
    ...(form.preshared === 'typed'
      ? [
          {
            option: 'preshared_key',
            kind: 'secret' as const,
            title: _('The key'),
            help: _('44 characters, as wg genpsk makes them.'),
          },
        ]
      : []),
    {
      option: 'persistent_keepalive',
      kind: 'integer',
      title: _('Keepalive'),
      help: _('Seconds between packets that keep a NAT in between open; 0: none.'),
    },
  ];
}

export function endpoint_text({ state, endpoint_host, endpoint_port }: PeerStatus): string {
  if (state !== null && state.endpoint !== '') return state.endpoint;
  if (endpoint_host === '') return _('calls the router');
  return `${endpoint_host.includes(':') ? `[${endpoint_host}]` : endpoint_host}:${endpoint_port}`;
}

export function handshake_text({ state }: PeerStatus): string {
  if (state === null) return _('not set up');
  if (state.handshake_age_s === null) return _('no handshake yet');
  return fill(_('handshake %s ago'), age_text(state.handshake_age_s));
}

/** Link by which it leaves, NAT and exit. */
export function way_text({ nat, exit }: TunnelStatus): string {
  const kind = nat === 'masquerade' ? _('masquerade') : nat === 'none' ? _('no NAT') : _('a zone of its own');
  return exit === '' ? kind : `${kind}, ${fill(_('exit %s'), exit)}`;
}
