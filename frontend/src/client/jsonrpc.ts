/** ubus calls over uhttpd's JSON-RPC (`POST /ubus`), with every way to fail told apart. */

/**
 * `unreachable`: no answer from the router; `timeout`: none in time; `session-expired`: log in again; `denied`:
 * the session lacks the permission; `missing`: nobody offers the ubus object; `unexpected`: anything else.
 */
export type FailureKind = 'unreachable' | 'timeout' | 'session-expired' | 'denied' | 'missing' | 'unexpected';

export class RpcFailure extends Error {
  readonly kind: FailureKind;
  /** What came instead, or what is missing. */
  readonly detail: string;

  constructor(kind: FailureKind, detail = '') {
    super(detail === '' ? kind : `${kind}: ${detail}`);
    this.name = 'RpcFailure';
    this.kind = kind;
    this.detail = detail;
  }
}

/** Whatever was thrown, as a failure of the call. */
export function failure_of(error: unknown): RpcFailure {
  return error instanceof RpcFailure ? error : new RpcFailure('unexpected', String(error));
}

export interface RpcOptions {
  /** Where uhttpd offers ubus, usually `/ubus`. */
  ubus_url: string;
  /** 32 hex digits. */
  session: string;
  timeout_ms?: number;
}

export interface Rpc {
  /** Data of a successful call. Throws RpcFailure. */
  call(object: string, method: string, args: object): Promise<unknown>;
  /** Abort what is under way; later calls fail as `unreachable`. */
  close(): void;
}

export const CALL_TIMEOUT_MS = 10_000;

/** Error codes of uhttpd's ubus.c. */
const ERROR_OBJECT = -32000;
const ERROR_ACCESS = -32002;
const ERROR_TIMEOUT = -32003;

/** Status codes of ubusmsg.h. */
const STATUS_OK = 0;
const STATUS_NOT_FOUND = 4;
const STATUS_PERMISSION_DENIED = 6;
const STATUS_TIMEOUT = 7;

type Answer = { status: number; data: unknown } | { error: number; message: string };

export function create_rpc(options: RpcOptions): Rpc {
  const timeout_ms = options.timeout_ms ?? CALL_TIMEOUT_MS;
  const under_way = new Set<AbortController>();
  let closed = false;
  let last_id = 0;

  async function post(object: string, method: string, args: object): Promise<Answer> {
    if (closed) throw new RpcFailure('unreachable');
    const abort = new AbortController();
    let timed_out = false;
    const timer = setTimeout(() => {
      timed_out = true;
      abort.abort();
    }, timeout_ms);
    under_way.add(abort);
    try {
      const response = await fetch(options.ubus_url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: abort.signal,
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: ++last_id,
          method: 'call',
          params: [options.session, object, method, args],
        }),
      });
      // LuCI's own /admin/ubus, which stands in where uhttpd has no ubus module.
      if (response.status === 403 && response.headers.get('X-LuCI-Login-Required') === 'yes') {
        throw new RpcFailure('session-expired');
      }
      const text = await response.text();
      if (!response.ok) throw new RpcFailure('unexpected', `HTTP ${response.status}`);
      return parsed_answer(text);
    } catch (error) {
      if (error instanceof RpcFailure) throw error;
      throw new RpcFailure(timed_out ? 'timeout' : 'unreachable');
    } finally {
      clearTimeout(timer);
      under_way.delete(abort);
    }
  }

  /** uhttpd says "access denied" for a dead session as well; any session at all may ask about its rights. */
  async function refusal(object: string, method: string): Promise<RpcFailure> {
    const answer = await post('session', 'access', { scope: 'ubus', object, function: method });
    const alive = 'status' in answer && answer.status === STATUS_OK;
    return new RpcFailure(alive ? 'denied' : 'session-expired');
  }

  async function call(object: string, method: string, args: object): Promise<unknown> {
    const answer = await post(object, method, args);
    if ('error' in answer) {
      switch (answer.error) {
        case ERROR_ACCESS:
          throw await refusal(object, method);
        case ERROR_OBJECT:
          throw new RpcFailure('missing', object);
        case ERROR_TIMEOUT:
          throw new RpcFailure('timeout');
        default:
          throw new RpcFailure('unexpected', `${answer.message} (${answer.error})`);
      }
    }
    switch (answer.status) {
      case STATUS_OK:
        return answer.data;
      case STATUS_PERMISSION_DENIED:
        throw await refusal(object, method);
      case STATUS_NOT_FOUND:
        throw new RpcFailure('missing', object);
      case STATUS_TIMEOUT:
        throw new RpcFailure('timeout');
      default:
        throw new RpcFailure('unexpected', `ubus status ${answer.status}`);
    }
  }

  return {
    call,
    close() {
      closed = true;
      for (const abort of under_way) abort.abort();
    },
  };
}

function parsed_answer(text: string): Answer {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new RpcFailure('unexpected', 'no JSON');
  }
  if (is_object(reply)) {
    const { result, error } = reply;
    if (Array.isArray(result) && typeof result[0] === 'number') {
      return { status: result[0], data: result[1] };
    }
    if (is_object(error) && typeof error.code === 'number') {
      return { error: error.code, message: String(error.message ?? '') };
    }
  }
  throw new RpcFailure('unexpected', 'no JSON-RPC reply');
}

export function is_object(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
