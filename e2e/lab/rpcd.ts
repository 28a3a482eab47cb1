/**
 * Stand-in for rpcd: sessions with access control, what they stage and apply, and the host of the linkagg plugin.
 *
 * Access rules come from the package's own ACL file and the logins from /etc/config/rpcd, evaluated as rpcd's
 * session.c does. Passwords are plain text here, where rpcd wants crypt hashes.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { call_plugin_method, plugin_platform } from '../../rpcd/platform/node/platform.ts';
import { connect_ubus, signature_of, type UbusAnswer } from '../../rpcd/platform/node/ubus.ts';
import { read_uci_file } from '../../rpcd/platform/node/uci.ts';
import {
  type JsonObject,
  type PluginMethod,
  UBUS_STATUS_INVALID_ARGUMENT,
  UBUS_STATUS_NOT_FOUND,
  UBUS_STATUS_OK,
  UBUS_STATUS_PERMISSION_DENIED,
  type UciSection,
} from '../../rpcd/platform/platform.ts';

import { rpcd_uci, UCI_ARGUMENTS } from './rpcd_uci.ts';

/** Session of everybody who has not logged in. */
export const ANONYMOUS_SESSION = '0'.repeat(32);

const SESSION_TIMEOUT_S = 300;

/** `luci-base.json` of LuCI, as far as the page's frame needs it. */
const LUCI_ACL: AclFile = { 'luci-base': { read: { ubus: { uci: ['changes'] } } } };

/** `unauthenticated.json` of rpcd. */
const UNAUTHENTICATED_ACL: AclFile = {
  unauthenticated: { read: { ubus: { session: ['access', 'login'] } } },
};

type Permission = 'read' | 'write';
/** Table form grants named functions, array form the permission's own name. */
type AclScope = Record<string, string[]> | string[];
type AclFile = Record<
  string,
  { description?: string } & Partial<Record<Permission, Record<string, AclScope>>>
>;

interface Session {
  id: string;
  user: string | null;
  timeout_s: number;
  expires_ms: number;
  grants: Array<{ scope: string; object: string; function: string }>;
}

export interface RpcdOptions {
  ubus_socket: string;
  uci_folder: string;
  acl_files: string[];
  plugin_object: string;
  plugin_methods: Record<string, PluginMethod>;
  /** procd's reload triggers. */
  config_changed(config: string): void;
}

/** Publishes `session` and the plugin. Resolves when both can be called. */
export async function start_rpcd(options: RpcdOptions): Promise<void> {
  const sessions = new Map<string, Session>();
  const session_signature = signature_of({
    login: { args: { username: '', password: '', timeout: 0 } },
    access: { args: { ubus_rpc_session: '', scope: '', object: '', function: '' } },
    destroy: { args: { ubus_rpc_session: '' } },
    list: { args: { ubus_rpc_session: '' } },
  });
  const ubus = connect_ubus(options.ubus_socket, invoked, () => {});
  const platform = plugin_platform(ubus);

  const uci = rpcd_uci(
    options.uci_folder,
    (sid, config) => {
      const session = find_session(sid);
      return session !== null && has_access(session, 'uci', config, 'write');
    },
    options.config_changed,
  );

  const anonymous = create_session(null, null, SESSION_TIMEOUT_S);
  sessions.delete(anonymous.id);
  anonymous.id = ANONYMOUS_SESSION;
  anonymous.expires_ms = Number.POSITIVE_INFINITY;
  sessions.set(anonymous.id, anonymous);

  async function invoked(object: string, method: string, args: JsonObject): Promise<UbusAnswer> {
    if (object === 'session') return session_call(method, args);
    if (object === 'uci') return uci.call(method, args);
    const plugin_method = options.plugin_methods[method];
    if (plugin_method === undefined) return { status: UBUS_STATUS_NOT_FOUND, reply: null };
    return call_plugin_method(plugin_method, args, platform);
  }

  function has_access(session: Session, scope: string, object: string, called: string): boolean {
    return session.grants.some(
      grant => grant.scope === scope && fnmatch(grant.object, object) && fnmatch(grant.function, called),
    );
  }

  function session_call(method: string, args: JsonObject): UbusAnswer {
    if (method === 'login') return login(args);
    const sid = args.ubus_rpc_session;
    if (typeof sid !== 'string') return { status: UBUS_STATUS_INVALID_ARGUMENT, reply: null };
    const session = find_session(sid);
    if (session === null) return { status: UBUS_STATUS_NOT_FOUND, reply: null };
    switch (method) {
      case 'access': {
        const { scope = 'ubus', object, function: called } = args;
        if (typeof object !== 'string' || typeof called !== 'string') {
          return { status: UBUS_STATUS_OK, reply: acls_of(session) };
        }
        const access = has_access(session, String(scope), object, called);
        return { status: UBUS_STATUS_OK, reply: { access } };
      }
      case 'destroy':
        if (session.id === ANONYMOUS_SESSION) return { status: UBUS_STATUS_PERMISSION_DENIED, reply: null };
        sessions.delete(session.id);
        return { status: UBUS_STATUS_OK, reply: {} };
      default:
        return { status: UBUS_STATUS_OK, reply: describe(session) };
    }
  }

  function login({ username, password, timeout }: JsonObject): UbusAnswer {
    if (typeof username !== 'string' || typeof password !== 'string') {
      return { status: UBUS_STATUS_INVALID_ARGUMENT, reply: null };
    }
    const account = (read_uci_file(options.uci_folder, 'rpcd') ?? []).find(
      section => section.type === 'login' && section.options.username === username,
    );
    if (account === undefined || account.options.password !== password) {
      return { status: UBUS_STATUS_PERMISSION_DENIED, reply: null };
    }
    const timeout_s = typeof timeout === 'number' ? timeout : SESSION_TIMEOUT_S;
    return { status: UBUS_STATUS_OK, reply: describe(create_session(username, account, timeout_s)) };
  }

  /** Rules are read at login, not when they are asked for. */
  function create_session(user: string | null, account: UciSection | null, timeout_s: number): Session {
    const session: Session = {
      id: randomBytes(16).toString('hex'),
      user,
      timeout_s,
      expires_ms: performance.now() + timeout_s * 1000,
      grants: [],
    };
    const files = [UNAUTHENTICATED_ACL, LUCI_ACL];
    for (const path of options.acl_files) files.push(JSON.parse(readFileSync(path, 'utf8')) as AclFile);
    for (const [group, permissions] of files.flatMap(file => Object.entries(file))) {
      for (const permission of ['read', 'write'] as const) {
        if (!may_use(account, permission, group)) continue;
        for (const [scope, rules] of Object.entries(permissions[permission] ?? {})) {
          for (const [object, functions] of Array.isArray(rules)
            ? rules.map(object => [object, [permission]] as const)
            : Object.entries(rules)) {
            for (const called of functions) session.grants.push({ scope, object, function: called });
          }
          session.grants.push({ scope: 'access-group', object: group, function: permission });
        }
      }
    }
    sessions.set(session.id, session);
    return session;
  }

  /** Every use renews the session. */
  function find_session(sid: string): Session | null {
    const session = sessions.get(sid);
    if (session === undefined) return null;
    if (performance.now() > session.expires_ms) {
      sessions.delete(sid);
      return null;
    }
    session.expires_ms = Math.max(session.expires_ms, performance.now() + session.timeout_s * 1000);
    return session;
  }

  await ubus.publish('uci', signature_of(UCI_ARGUMENTS), 'rpcd');
  await ubus.publish('session', session_signature, 'libubus');
  await ubus.publish(options.plugin_object, signature_of(options.plugin_methods), 'rpcd');
}

/** Does this login (null: nobody) have the permission in the access group? */
function may_use(account: UciSection | null, permission: Permission, group: string): boolean {
  if (account === null) return permission === 'read' && group === 'unauthenticated';
  const patterns = account.options[permission];
  if (Array.isArray(patterns)) {
    if (patterns.some(pattern => pattern.startsWith('!') && fnmatch(pattern.slice(1).trim(), group)))
      return false;
    if (patterns.some(pattern => !pattern.startsWith('!') && fnmatch(pattern, group))) return true;
  }
  // Permission to write implies permission to read.
  return permission === 'read' && may_use(account, 'write', group);
}

function describe(session: Session): JsonObject {
  return {
    ubus_rpc_session: session.id,
    timeout: session.timeout_s,
    expires: Math.ceil((session.expires_ms - performance.now()) / 1000),
    acls: acls_of(session),
    data: session.user === null ? {} : { username: session.user },
  };
}

function acls_of(session: Session): JsonObject {
  const scopes: Record<string, Record<string, string[]>> = {};
  for (const { scope, object, function: granted } of session.grants) {
    const functions = scopes[scope]?.[object] ?? [];
    if (functions.includes(granted)) continue;
    scopes[scope] = { ...scopes[scope], [object]: [...functions, granted] };
  }
  return scopes;
}

/** fnmatch(3) without brackets, which no ACL of ours uses. */
function fnmatch(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
