/** The forms: which options they have, what these are called and what there is to choose from. */

import type { Field } from '../../../rpcd/src/config/field.ts';
import type { Config, Globals } from '../../../rpcd/src/config/schema.gen.ts';
import type { Form } from '../store/form.ts';
import { type EditedType, fields_of } from '../store/sections.ts';
import { _ } from '../translate.ts';
import { mode_text, sticky_text } from './balance.ts';
import { family_text, policy_targets } from './policy.ts';

export interface Choice {
  value: string;
  text: string;
}

export interface FormField {
  option: string;
  /** Text when left out. A `secret` is shown only when that is asked for. */
  kind?: Field['kind'] | 'secret';
  title: string;
  help: string;
  /** What an empty field means. */
  empty?: string;
  /** The only values there are; without them anything can be typed. */
  choices?: Choice[];
  /** Few need it: folded away at first. */
  rare?: boolean;
}

/**
 * The fields of a form in their order: only those that matter with what it says now, and a name only while there
 * is none. Options that are not here are changed elsewhere on the page.
 */
export function form_fields(type: EditedType, is_new: boolean, form: Form, config: Config): FormField[] {
  const kinds = new Map(fields_of(type).map(({ option, kind }) => [option, kind]));
  return worded_fields(type, is_new, form, config).map(field => ({
    ...field,
    kind: kinds.get(field.option) ?? 'string',
  }));
}

function worded_fields(type: EditedType, is_new: boolean, form: Form, config: Config): FormField[] {
  switch (type) {
    case 'link':
      return link_form(is_new);
    case 'group':
      return group_form(is_new, form, config);
    case 'policy':
      return policy_form(is_new, config);
    case 'nat':
      return nat_form(is_new, form);
    case 'globals':
      return globals_form(form, config);
  }
}

function link_form(is_new: boolean): FormField[] {
  return [
    {
      option: 'interface',
      title: _('Interface'),
      help: _('Name of the uplink in Network → Interfaces, such as wan or wwan.'),
    },
    ...name_field(is_new, _('How the link is called here: letters, digits and underscores.')),
    {
      option: 'weight',
      title: _('Weight'),
      help: _('Share relative to the other links, 1 to 256: about the speed in Mbit/s will do.'),
    },
    {
      option: 'tier',
      title: _('Tier'),
      help: _(
        '1 for ordinary links. New connections use a link of tier 2 only while no link of tier 1 works, and so on up to 9: give a metered LTE link tier 2, say.',
      ),
    },
    {
      option: 'nat6',
      title: _('IPv6 addresses'),
      help: _(
        'What clients look like on this link when their IPv6 address belongs to another one. Masquerade: they share the address that the router has on this link. Translate: each gets its own address in the prefix that the provider of this link delegated. Untouched: for a prefix of your own that this link routes.',
      ),
      choices: choices_of('link', 'nat6', nat6_text),
      rare: true,
    },
    {
      option: 'probe',
      title: _('Probe targets'),
      help: _(
        'Asked over this link to see whether it works; any answer will do. An address is pinged; tcp:1.1.1.1:443 is connected to, dns:1.1.1.1 asked for a name, http://1.1.1.1/#301 for a page (#301: the status it has, 204 if left out). IPv6 in brackets where a port follows. Several with blanks between them, 8 at most.',
      ),
    },
    {
      option: 'probe_interval',
      title: _('Probe interval'),
      help: _(
        'Seconds between probes while the link is in use, 1 to 60; at least ten while it is not. More saves traffic on metered links, but a dead link is noticed as much later.',
      ),
      rare: true,
    },
    {
      option: 'loss_limit',
      title: _('Loss limit'),
      help: _('Percentage of lost probes from which the link counts as degraded; 0: any will do.'),
      rare: true,
    },
    {
      option: 'latency_limit',
      title: _('Latency limit'),
      help: _('Round-trip time in ms from which the link counts as degraded; 0: any will do.'),
      rare: true,
    },
    {
      option: 'jitter_limit',
      title: _('Jitter limit'),
      help: _(
        'Mean change of the round-trip time in ms from which the link counts as degraded; 0: any will do.',
      ),
      rare: true,
    },
    {
      option: 'degraded',
      title: _('When degraded'),
      help: _('What becomes of new connections while the link answers, but over one of these limits.'),
      choices: choices_of('link', 'degraded', degraded_text),
      rare: true,
    },
    {
      option: 'exit',
      title: _('Exit'),
      help: _(
        'For tunnels that lead to one server which translates addresses: give all of them the same name here, and when one dies, its connections go on over another instead of being cut.',
      ),
      empty: _('none'),
      rare: true,
    },
    {
      option: 'uplink',
      title: _('Uplink'),
      help: _(
        "For WireGuard tunnels with a fixed listen port: the link that the tunnel's own packets leave by, and no other.",
      ),
      empty: _('any'),
      rare: true,
    },
    {
      option: 'network',
      title: _('Networks behind it'),
      help: _(
        'What comes from these addresses leaves by this link, whatever policies say: 10.120.31.0/24 behind a tunnel.',
      ),
      empty: _('none'),
      rare: true,
    },
  ];
}

function group_form(is_new: boolean, form: Form, config: Config): FormField[] {
  return [
    ...name_field(is_new, _('How policies call the group: letters, digits and underscores.')),
    {
      option: 'link',
      title: _('Links'),
      help: _('Connections of the group are spread over these, by their weights and tiers.'),
      choices: names_of(config.link),
    },
    {
      option: 'mode',
      title: _('New connections'),
      help: _('How a new connection of the group gets its link.'),
      choices: choices_of('group', 'mode', mode_text),
    },
    ...sticky_form(form),
  ];
}

function policy_form(is_new: boolean, config: Config): FormField[] {
  return [
    ...name_field(is_new, _('How the policy is called here: letters, digits and underscores.')),
    {
      option: 'source',
      title: _('From addresses'),
      help: _(
        'Clients, IPv4 or IPv6: 192.168.1.10, 192.168.2.0/24, 192.168.1.10-192.168.1.20, fd00::/64. Several with blanks between them.',
      ),
      empty: _('any'),
    },
    {
      option: 'interface',
      title: _('From interfaces'),
      help: _('LAN interfaces that the connections come in by; none chosen: any.'),
      choices: config.globals.lan_interface.map(name => ({ value: name, text: name })),
    },
    {
      option: 'destination',
      title: _('To addresses'),
      help: _('Where the connections go: addresses or networks as above, no names.'),
      empty: _('any'),
    },
    {
      option: 'protocol',
      title: _('Protocols'),
      help: _('tcp, udp, icmp, icmpv6, gre, esp … or numbers.'),
      empty: _('any'),
    },
    {
      option: 'destination_port',
      title: _('To ports'),
      help: _('Such as 53 or 5000-5100; needs tcp or udp as protocol.'),
      empty: _('any'),
    },
    {
      option: 'target',
      title: _('Go to'),
      help: _(
        'While nothing there works, these connections are spread over all links; what is refused stays refused.',
      ),
      choices: policy_targets(config),
    },
    {
      option: 'router',
      title: _('Holds for'),
      help: _('The router itself: VPN tunnels, name lookups, downloads of packages.'),
      choices: [
        { value: 'false', text: _('clients') },
        { value: 'true', text: _('clients and the router itself') },
      ],
    },
    { option: 'source_port', title: _('From ports'), help: '', empty: _('any'), rare: true },
    {
      option: 'family',
      title: _('IP version'),
      help: '',
      choices: choices_of('policy', 'family', family_choice_text),
      rare: true,
    },
    {
      option: 'mark',
      title: _('Firewall mark'),
      help: _('Only packets that another package has marked so: mark and mask, such as 0x10000/0xff0000.'),
      empty: _('any'),
      rare: true,
    },
  ];
}

function nat_form(is_new: boolean, form: Form): FormField[] {
  const addresses = _('Addresses, networks or ranges, as in policies.');
  return [
    ...name_field(is_new, _('How the rule is called here: letters, digits and underscores.')),
    {
      option: 'in',
      title: _('Coming in by'),
      help: _('Name of an interface in Network → Interfaces.'),
      empty: _('any'),
    },
    {
      option: 'out',
      title: _('Leaving by'),
      help: _('While this interface is down the rule has no effect.'),
    },
    { option: 'source', title: _('From addresses'), help: addresses, empty: _('any') },
    { option: 'destination', title: _('To addresses'), help: addresses, empty: _('any') },
    {
      option: 'action',
      title: _('New source address'),
      help: _('What the other side sees.'),
      choices: choices_of('nat', 'action', nat_action_text),
    },
    ...(form.action === 'snat'
      ? [{ option: 'address', title: _('Address'), help: _('The new source address, IPv4 or IPv6.') }]
      : []),
    { option: 'comment', title: _('Comment'), help: _('What the rule is for.') },
  ];
}

function family_choice_text(family: Config['policy'][number]['family']): string {
  return family_text(family) || _('any');
}

function nat_action_text(action: Config['nat'][number]['action']): string {
  switch (action) {
    case 'masquerade':
      return _('that of the interface they leave by (masquerade)');
    case 'snat':
      return _('another one (SNAT)');
  }
}

function globals_form(form: Form, config: Config): FormField[] {
  return [
    ...sticky_form(form),
    {
      option: 'failback',
      title: _('Return from backups'),
      help: _(
        'What happens when links of a better tier work again after links of another stood in for them.',
      ),
      choices: choices_of('globals', 'failback', failback_text),
    },
    {
      option: 'router_traffic',
      title: _('Traffic of the router'),
      help: _('Connections of the router itself: DNS, time, package downloads, VPN tunnels.'),
      choices: choices_of('globals', 'router_traffic', router_traffic_text),
    },
    ...(form.router_traffic === 'link'
      ? [
          {
            option: 'router_link',
            title: _('Link of the router'),
            help: _('The link that the connections of the router itself use.'),
            choices: names_of(config.link),
          },
        ]
      : []),
    {
      option: 'reset_dead',
      title: _('When a link dies'),
      help: _(
        'Told of the end, applications connect anew over another link at once; otherwise they wait until they lose patience, or until the link is back.',
      ),
      choices: [
        { value: 'true', text: _('end its connections') },
        { value: 'false', text: _('leave its connections alone') },
      ],
    },
    {
      option: 'lan_interface',
      title: _('LAN interfaces'),
      help: _(
        'Names in Network → Interfaces whose clients are balanced, such as lan or guest. Several with blanks between them.',
      ),
    },
    {
      option: 'captive_check',
      title: _('Captive portals'),
      help: _(
        'Whether a page is fetched over each link now and then, to see whether a portal wants a login.',
      ),
      choices: [
        { value: 'true', text: _('look for them') },
        { value: 'false', text: _('do not look') },
      ],
    },
    ...(form.captive_check === 'false'
      ? []
      : [
          {
            option: 'captive_url',
            title: _('Pages without a portal'),
            help: _(
              'They answer with status 204, or the one given at the end (#200), unless a captive portal interferes. Several with blanks between them.',
            ),
          },
        ]),
    {
      option: 'mark_mask',
      title: _('Mark mask'),
      help: _(
        'Bits of the firewall mark that no other package uses, 2 to 7 side by side. Changing it may move live connections to another link.',
      ),
    },
  ];
}

function sticky_form(form: Form): FormField[] {
  const kind: FormField = {
    option: 'sticky',
    title: _('Stickiness'),
    help: _(
      'Some banks, games and chats refuse a client whose address changes between two connections. Spreading is best without it.',
    ),
    choices: choices_of('globals', 'sticky', sticky_text),
  };
  if (form.sticky === 'none') return [kind];
  return [
    kind,
    {
      option: 'sticky_timeout',
      title: _('Time-out'),
      help: _('Seconds after the last new connection until a link is chosen anew.'),
    },
    {
      option: 'sticky_prefix',
      title: _('IPv4 prefix length'),
      help:
        form.sticky === 'source'
          ? _('Clients in a network of this size count as one; 32: each on its own.')
          : _('Destinations in a network of this size count as one; 32: each on its own.'),
    },
    {
      option: 'sticky_prefix6',
      title: _('IPv6 prefix length'),
      help: _('The same for IPv6; 64 takes all addresses of a network as one, 128 each on its own.'),
    },
  ];
}

/** Only while there is no name. */
export function name_field(is_new: boolean, help: string): FormField[] {
  return is_new ? [{ option: 'name', title: _('Name'), help }] : [];
}

function nat6_text(nat6: Config['link'][number]['nat6']): string {
  switch (nat6) {
    case 'masquerade':
      return _('masquerade: the address of this link');
    case 'prefix':
      return _('translate: one to one into the delegated prefix');
    case 'none':
      return _('untouched');
  }
}

function degraded_text(degraded: Config['link'][number]['degraded']): string {
  switch (degraded) {
    case 'leave':
      return _('none, unless no better link works');
    case 'reduce':
      return _('a quarter of its share');
    case 'keep':
      return _('its share, as always');
  }
}

function failback_text(failback: Globals['failback']): string {
  switch (failback) {
    case 'soft':
      return _('live connections stay, new ones return');
    case 'hard':
      return _('all return: live connections on backups are cut');
  }
}

export function router_traffic_text(router_traffic: Globals['router_traffic']): string {
  switch (router_traffic) {
    case 'ecmp':
      return _('by chance, by weight (ECMP)');
    case 'balanced':
      return _('like that of the clients');
    case 'link':
      return _('over one link');
  }
}

/** The values of an option, as the schema has them, in words. */
function choices_of<V extends string>(
  type: EditedType,
  option: string,
  text: (value: V) => string,
): Choice[] {
  const field: Field | undefined = fields_of(type).find(candidate => candidate.option === option);
  const values = field?.kind === 'enum' ? field.values : [];
  return values.map(value => ({ value, text: text(value as V) }));
}

function names_of(sections: { name: string }[]): Choice[] {
  return sections.map(({ name }) => ({ value: name, text: name }));
}
