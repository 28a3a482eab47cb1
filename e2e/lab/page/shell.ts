/** The frame of the page in the lab: what LuCI does around a view. Logs in, then mounts the app's own bundle. */

import { show_lab_panel } from './lab_panel.ts';

/** The part of the app's bundle that the frame uses. */
interface App {
  mount(root: HTMLElement, options: { ubus_url: string; session: string; on_staged: () => void }): () => void;
}

const UBUS_URL = '/ubus';
const ANONYMOUS_SESSION = '0'.repeat(32);
const SESSION_KEY = 'session';

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

function follow_color_scheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => document.documentElement.setAttribute('data-darkmode', String(dark.matches));
  dark.addEventListener('change', apply);
  apply();
}

/** Reply of a method, null when it was refused. */
async function ubus_call(
  session: string,
  object: 'session' | 'uci',
  method: string,
  args: object,
): Promise<Record<string, unknown> | null> {
  const body = { jsonrpc: '2.0', id: 1, method: 'call', params: [session, object, method, args] };
  const response = await fetch(UBUS_URL, { method: 'POST', body: JSON.stringify(body) });
  const { result } = (await response.json()) as { result?: [number, Record<string, unknown>?] };
  return result?.[0] === 0 ? (result[1] ?? {}) : null;
}

async function is_valid(session: string): Promise<boolean> {
  const args = { scope: 'access-group', object: 'luci-app-linkagg', function: 'read' };
  return (await ubus_call(session, 'session', 'access', args))?.access === true;
}

async function log_in(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const reply = await ubus_call(ANONYMOUS_SESSION, 'session', 'login', {
    username: element<HTMLInputElement>('luci_username').value,
    password: element<HTMLInputElement>('luci_password').value,
  });
  element('login_failed').hidden = reply !== null;
  if (reply === null) return;
  sessionStorage.setItem(SESSION_KEY, String(reply.ubus_rpc_session));
  await show();
}

/** In the header, as LuCI does it. */
async function show_unsaved(session: string): Promise<void> {
  const reply = await ubus_call(session, 'uci', 'changes', {});
  const count = Object.values((reply?.changes ?? {}) as Record<string, unknown[]>).flat().length;
  element('unsaved').textContent = count === 0 ? '' : `Unsaved Changes: ${count}`;
}

async function show(): Promise<void> {
  const session = sessionStorage.getItem(SESSION_KEY);
  const logged_in = session !== null && (await is_valid(session));
  element('login').hidden = logged_in;
  element('logout').hidden = !logged_in;
  if (!logged_in) {
    element('luci_password').focus();
    return;
  }
  void show_lab_panel(element('lab_panel'));
  try {
    // Not bundled: the very file that is built for the router. The name is a variable for the type checker's sake.
    const app_url = '/app.js';
    const app = (await import(app_url)) as App;
    // While the router is away it stays as it is.
    const on_staged = () => void show_unsaved(session).catch(() => {});
    app.mount(element('view'), { ubus_url: UBUS_URL, session, on_staged });
  } catch (error) {
    element('view').textContent = `The app cannot be loaded (${String(error)}). Build it with: make page`;
  }
}

follow_color_scheme();
element<HTMLFormElement>('login').addEventListener('submit', event => void log_in(event));
element('logout').addEventListener('click', () => {
  sessionStorage.removeItem(SESSION_KEY);
  location.reload();
});
void show();
