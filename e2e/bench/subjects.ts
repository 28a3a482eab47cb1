/** Ways of spreading connections that are measured side by side, behind one interface. */

import { globals_fields } from '../../rpcd/src/config/schema.gen.ts';
import { type Lab, wait_for } from '../lab/lab.ts';
import { linkagg_config } from '../lab/router_config.ts';

/** A mode of ours, or one of the others. */
export type SubjectName = string;

export interface LinkShare {
  name: string;
  weight: number;
}

export interface Subject {
  name: SubjectName;
  /** In a lab whose daemon does not run and that no other subject is set up in. */
  set_up(lab: Lab, links: LinkShare[]): Promise<void>;
  /** What an admin changes at run time. Returns the milliseconds until it was in force. */
  set_link(lab: Lab, link: { name: string; weight?: number; enabled?: boolean }): Promise<number>;
  tear_down(lab: Lab): Promise<void>;
}

/**
 * Values of the option `mode`, as the configuration has them today; the default, which comes first there, last. Without
 * `latency`, which is not for using all links.
 */
export const OUR_MODES: string[] = globals_fields
  .flatMap(field => (field.option === 'mode' && field.kind === 'enum' ? field.values : []))
  .filter(mode => mode !== 'latency')
  .reverse();

export const ONE_LINK = 'one link';
export const ECMP_L3 = 'ECMP L3';
export const ECMP_L4 = 'ECMP L4';

export const SUBJECT_NAMES: SubjectName[] = [ONE_LINK, ECMP_L3, ECMP_L4, ...OUR_MODES];

export function subject_of(name: SubjectName): Subject {
  if (name === ONE_LINK) return one_link();
  if (name === ECMP_L3) return plain_ecmp(ECMP_L3, 0);
  if (name === ECMP_L4) return plain_ecmp(ECMP_L4, 1);
  if (OUR_MODES.includes(name)) return ours(name);
  throw new Error(`no subject ${name}; there are: ${SUBJECT_NAMES.join(', ')}`);
}

/** In every lab of the bench the metrics of netifd's own default routes are higher. */
const HAND_MADE_METRIC = '1';

/** The first link alone, or a given one, and nothing of ours on the router. */
export function one_link(chosen?: string): Subject {
  const route = hand_made_route();
  return {
    name: ONE_LINK,
    async set_up(lab, links) {
      const name = chosen ?? links[0]?.name ?? '';
      route.set(lab, [{ name, weight: 1 }]);
    },
    async set_link() {
      return 0;
    },
    async tear_down(lab) {
      route.remove(lab);
    },
  };
}

/** What people do by hand: one multipath default route in the main table. fw4 masquerades. */
function plain_ecmp(name: SubjectName, hash_policy: 0 | 1): Subject {
  const route = hand_made_route();
  const links = new Map<string, LinkShare & { enabled: boolean }>();
  const replace = (lab: Lab) =>
    route.set(
      lab,
      [...links.values()].filter(({ enabled }) => enabled),
    );
  return {
    name,
    async set_up(lab, wanted) {
      links.clear();
      for (const link of wanted) links.set(link.name, { ...link, enabled: true });
      set_sysctl(lab, 'net/ipv4/fib_multipath_hash_policy', hash_policy);
      replace(lab);
    },
    async set_link(lab, { name: changed, ...change }) {
      const link = links.get(changed);
      if (link === undefined) throw new Error(`there is no link ${changed}`);
      const started = performance.now();
      Object.assign(link, change);
      replace(lab);
      return performance.now() - started;
    },
    async tear_down(lab) {
      route.remove(lab);
      set_sysctl(lab, 'net/ipv4/fib_multipath_hash_policy', 0);
    },
  };
}

function hand_made_route() {
  return {
    set(lab: Lab, links: LinkShare[]): void {
      const nexthops = links.flatMap(({ name, weight }) => [
        'nexthop',
        'via',
        lab.uplink(name).gateway,
        'dev',
        name,
        'weight',
        `${weight}`,
      ]);
      must(lab, ['ip', 'route', 'replace', 'default', 'metric', HAND_MADE_METRIC, ...nexthops]);
    },
    remove(lab: Lab): void {
      // The kernel has deleted it already when a device or an address went that it needed.
      lab.router.exec(['ip', 'route', 'delete', 'default', 'metric', HAND_MADE_METRIC]);
    },
  };
}

/** The daemon as it is installed, changed through the web server as the page changes it. */
function ours(mode: string): Subject {
  return {
    name: mode,
    async set_up(lab, links) {
      const config = linkagg_config(links).replace(
        "config globals 'globals'",
        `config globals 'globals'\n\toption mode '${mode}'`,
      );
      lab.write_config('linkagg', config);
      await lab.start_daemon();
      await wait_for(() => all_online(lab), { what: 'all links online', timeout_ms: 20_000 });
    },
    async set_link(lab, link) {
      const started = performance.now();
      const { reply } = await lab.rpc('set_link', { link });
      const duration_ms = performance.now() - started;
      if (reply?.ok !== true) throw new Error(`set_link: ${JSON.stringify(reply)}`);
      return duration_ms;
    },
    async tear_down(lab) {
      await lab.kill_daemon();
      if (lab.router.exec(['nft', 'list', 'table', 'inet', 'linkagg']).code === 0) {
        throw new Error('the daemon left its nft table behind');
      }
    },
  };
}

async function all_online(lab: Lab): Promise<boolean> {
  const { reply } = await lab.rpc('status');
  const links = (reply?.links ?? []) as Array<{ state: string }>;
  return links.length > 0 && links.every(({ state }) => state === 'online');
}

export function set_sysctl(lab: Lab, name: string, value: number): void {
  must(lab, ['sh', '-c', 'echo "$2" > "/proc/sys/$1"', 'sh', name, `${value}`]);
}

function must(lab: Lab, argv: string[]): void {
  const { code, stderr } = lab.router.exec(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim()}`);
}
