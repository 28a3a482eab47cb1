/** Links that share a port, in words: their form, and what Wi-Fi chips allow. */

import type { PortGroup, Radio } from '../../../rpcd/src/rpc.ts';
import type { Form } from '../store/form.ts';
import { _, fill } from '../translate.ts';
import { type FormField, name_field } from './fields.ts';

/** `stored`: the group that is edited; null for a new one. */
export function ports_fields(stored: PortGroup | null, form: Form, parents: string[]): FormField[] {
  const account = stored?.proto === 'pppoe' ? { empty: _('as stored') } : {};
  return [
    ...name_field(
      stored === null,
      _('1 to 5 letters, digits or underscores, no digit at the end. The links get a number each.'),
    ),
    {
      option: 'parent',
      title: _('Port'),
      help: fill(_('Wired device that they share: %s. It cannot be in a bridge.'), parents.join(', ')),
    },
    {
      option: 'count',
      kind: 'integer',
      title: _('Links'),
      help: _('How many, 1 to 16; each has a MAC address of its own.'),
    },
    {
      option: 'proto',
      title: _('Protocol'),
      help: _('How each of them gets its address.'),
      choices: [
        { value: 'dhcp', text: _('DHCP') },
        { value: 'pppoe', text: _('PPPoE') },
      ],
    },
    ...(form.proto === 'pppoe'
      ? [
          { option: 'username', title: _('User name'), help: _('The same for all of them.'), ...account },
          {
            option: 'password',
            kind: 'secret' as const,
            title: _('Password'),
            help: _('Never shown again.'),
            ...account,
          },
        ]
      : []),
  ];
}

export function radio_text({ name, clients, channels }: Radio): string {
  if (clients === 1) return fill(_('%s: client of one Wi-Fi network at a time.'), name);
  return channels === 1
    ? fill(_('%s: client of at most %s Wi-Fi networks, all on one channel.'), name, clients)
    : fill(_('%s: client of at most %s Wi-Fi networks, on at most %s channels.'), name, clients, channels);
}
