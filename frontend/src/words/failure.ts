/** Failures of calls in words that say what to do next. */

import type { ConfigError } from '../../../rpcd/src/rpc.ts';
import type { RpcFailure } from '../client/jsonrpc.ts';
import { _, fill } from '../translate.ts';

export function failure_text(failure: RpcFailure): string {
  switch (failure.kind) {
    case 'unreachable':
      return _('The router does not answer.');
    case 'timeout':
      return _('The router did not answer in time.');
    case 'session-expired':
      return _('The session has expired: log in again.');
    case 'denied':
      return _('This account does not have the permission.');
    case 'missing':
      return _(
        'The plugin of Link Aggregation is not loaded on the router: run “service rpcd reload” there.',
      );
    case 'unexpected':
      return fill(
        _(
          'The router gave an unexpected answer (%s): reload the page, and see “logread” if that does not help.',
        ),
        failure.detail,
      );
  }
}

/** `wan2.weight: must be …`; the reasons come from the router. */
export function config_error_text(error: ConfigError): string {
  const place = [error.section, error.option].filter(part => part !== '').join('.');
  return place === '' ? _(error.reason) : `${place}: ${_(error.reason)}`;
}
