/** The form of a tunnel: what is stored or read from a file in it, and the tunnel that it asks for. Pure. */

import type { Tunnel, TunnelStatus } from '../../../rpcd/src/rpc.ts';
import { interface_name, peer_section, tunnel_name } from '../../../rpcd/src/tunnels/names.ts';
import { type Form, type FormErrors, type Place, typed_integer, typed_list } from './form.ts';

/** First the tunnel itself, then its peers, in forms and errors alike. */
export type TunnelForms = Form[];

/** What becomes of a preshared key: there is `none`, the stored one is to stay (`keep`), or one was typed (`typed`). */
const NO_KEY = 'none';

/** Of a peer that is added: it leads to the internet, through whatever NAT is in between. */
export const NEW_PEER: Form = {
  public_key: '',
  endpoint_host: '',
  endpoint_port: '51820',
  allowed_ips: '0.0.0.0/0 ::/0',
  preshared: NO_KEY,
  preshared_key: '',
  persistent_keepalive: '25',
};

/** `found`: on the router, or in a file; null: nothing yet. */
export function tunnel_forms(found: TunnelStatus | Tunnel | null): TunnelForms {
  if (found === null) return [form_of({ name: '', nat: 'masquerade', uplink: '', exit: '' }), NEW_PEER];
  const { addresses, listen_port, mtu, uplink, exit } = found;
  const name = 'name' in found ? found.name : tunnel_name(found.interface);
  const nat = found.nat === 'other' ? '' : found.nat;
  return [
    form_of({ name, addresses, listen_port, mtu, nat, uplink, exit }),
    ...found.peers.map(peer => {
      const { public_key, endpoint_host, endpoint_port, allowed_ips, persistent_keepalive } = peer;
      const typed = 'preshared_key' in peer ? (peer.preshared_key ?? '') : '';
      const stored = 'has_preshared_key' in peer && peer.has_preshared_key;
      return {
        ...form_of({ public_key, endpoint_host, endpoint_port, allowed_ips, persistent_keepalive }),
        preshared: stored ? 'keep' : typed === '' ? NO_KEY : 'typed',
        preshared_key: typed,
      };
    }),
  ];
}

function form_of(values: Record<string, string | number | string[] | null>): Form {
  return Object.fromEntries(
    Object.entries(values).map(([option, value]) => [
      option,
      Array.isArray(value) ? value.join(' ') : `${value ?? ''}`,
    ]),
  );
}

/**
 * The tunnel, with what could not be understood in `errors`; whether the rest is right the router says. `private_key`
 * is that of a file.
 */
export function tunnel_of(
  [own = {}, ...peers]: TunnelForms,
  private_key: string | null,
): { tunnel: Tunnel; errors: FormErrors[] } {
  const errors: FormErrors[] = [{}, ...peers.map(() => ({}))];
  const text = (form: Form, option: string) => (form[option] ?? '').trim();
  const whole = (index: number, form: Form, option: string) => {
    const value = typed_integer(text(form, option));
    if (Number.isNaN(value)) Object.assign(errors[index] ?? {}, { [option]: 'must be a whole number' });
    return value;
  };
  const optional = (option: string) => (text(own, option) === '' ? null : whole(0, own, option));
  if (own.nat === '') Object.assign(errors[0] ?? {}, { nat: 'is missing: choose one' });
  const tunnel: Tunnel = {
    name: text(own, 'name'),
    private_key,
    listen_port: optional('listen_port'),
    addresses: typed_list(text(own, 'addresses')),
    mtu: optional('mtu'),
    nat: own.nat === 'none' ? 'none' : 'masquerade',
    uplink: text(own, 'uplink'),
    exit: text(own, 'exit'),
    peers: peers.map((form, index) => {
      const typed = text(form, 'preshared_key');
      if (form.preshared === 'typed' && typed === '') {
        Object.assign(errors[index + 1] ?? {}, { preshared_key: 'is missing' });
      }
      return {
        public_key: text(form, 'public_key'),
        preshared_key: form.preshared === 'keep' ? null : form.preshared === 'typed' ? typed : '',
        endpoint_host: text(form, 'endpoint_host'),
        endpoint_port: whole(index + 1, form, 'endpoint_port'),
        allowed_ips: typed_list(text(form, 'allowed_ips')),
        persistent_keepalive: whole(index + 1, form, 'persistent_keepalive'),
      };
    }),
  };
  return { tunnel, errors };
}

/** How errors call the forms of a tunnel. */
export function tunnel_places({ name, peers }: Tunnel, fields: Place['fields'][]): Place[] {
  const section = interface_name(name);
  const sections = [section, ...peers.map((_peer, index) => peer_section(section, index + 1))];
  return sections.map((section, index) => ({ section, fields: fields[index] ?? [] }));
}
