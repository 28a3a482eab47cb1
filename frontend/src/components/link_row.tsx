/** One link: its switch, its state, what flows over it, and its weight. */

import { useSignal } from '@preact/signals';
import type { Curve } from '../store/history.ts';
import type { ShownLink } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { age_text } from '../words/age.ts';
import { ip6_text, reason_text, state_text } from '../words/link_state.ts';
import { hold_text, latency_text, probes_text } from '../words/probe.ts';
import { LinkDetails } from './link_details.tsx';
import { Rate } from './rate.tsx';
import { RowActions } from './row_actions.tsx';
import { Share } from './share.tsx';
import { Switch } from './switch.tsx';
import { WeightInput } from './weight_input.tsx';

export interface LinkRowProps {
  store: Store;
  link: ShownLink;
  planned_permille: number | null;
  curve: Curve | undefined;
  rx_scale_bps: number;
  tx_scale_bps: number;
  /** There are several tiers, so each says its own. */
  shows_tier: boolean;
  read_only: boolean;
  onEdit: (name: string) => void;
}

/** Of the table that the row is in. */
const COLUMNS = 9;

export function LinkRow(props: LinkRowProps) {
  const { store, link, read_only } = props;
  const pending = store.pending.value;
  const whole_pending = pending.has(link.name);
  const locked = read_only || whole_pending;
  const ip6 = ip6_text(link);
  const probes = probes_text(link);
  const hold = hold_text(link);
  const open = useSignal(false);
  const details_id = `la-details-${link.name}`;
  return (
    <>
      <tr
        class="tr la-row"
        data-link={link.name}
        data-state={link.state ?? 'unknown'}
        aria-busy={whole_pending}
      >
        <td class="td la-cell-enabled">
          <Switch
            on={link.enabled}
            label={fill(_('Use link %s'), link.name)}
            disabled={locked}
            pending={pending.has(`${link.name}.enabled`)}
            onChange={on => void store.set_enabled(link.name, on)}
          />
        </td>
        <td class="td la-cell-name">
          <strong class="la-name">
            <button
              type="button"
              class="la-fold"
              data-action="details"
              title={_('Latency, loss and changes of state; test of the probes')}
              aria-expanded={open.value}
              aria-controls={details_id}
              onClick={() => {
                open.value = !open.value;
              }}
            >
              {link.name}
            </button>
          </strong>
          <span class="ifacebadge" title={_('Interface and device')}>
            <span data-field="interface">{link.interface}</span>
            {link.device !== null && link.device !== link.interface && (
              <span class="la-muted" data-field="device">
                {link.device}
              </span>
            )}
          </span>
        </td>
        <td class="td la-cell-state la-live">
          <span class={`la-state la-state-${link.state ?? 'unknown'}`} data-field="state">
            {state_text(link.state)}
          </span>
          {link.reason !== null && (
            <>
              {' '}
              <span class="la-muted la-number" data-field="age" title={_('Time since the state changed')}>
                <bdi>{age_text(link.state_age_s)}</bdi>
              </span>
              {/* That probes are answered their latency says as well. */}
              {(probes === null || link.reason !== 'replying') && (
                <div class="la-muted" data-field="reason">
                  {reason_text(link)}
                </div>
              )}
              {hold !== null && (
                <div class="la-muted" data-field="hold">
                  {hold}
                </div>
              )}
              {probes !== null && (
                <div
                  class="la-muted la-number"
                  data-field="probes"
                  title={fill(
                    _('Of the last minute; the latency changes by %s'),
                    latency_text(link.jitter_ms ?? 0),
                  )}
                >
                  {probes}
                </div>
              )}
            </>
          )}
        </td>
        <td class="td la-cell-address la-number la-live" data-title={_('Address')}>
          <div data-field="address">{link.address ?? '–'}</div>
          {link.gateway !== null && (
            <div class="la-muted la-gateway">
              {_('via')} <span data-field="gateway">{link.gateway}</span>
            </div>
          )}
          {ip6 !== null && (
            <div class="la-muted la-address6" data-field="address6" title={ip6}>
              {ip6}
            </div>
          )}
        </td>
        <td class="td la-cell-rx la-live" data-title={_('Download')}>
          <Rate
            field="rx"
            bps={link.rx_bps}
            bytes={link.rx_bytes}
            samples={props.curve?.rx_bps ?? []}
            scale_bps={props.rx_scale_bps}
          />
        </td>
        <td class="td la-cell-tx la-live" data-title={_('Upload')}>
          <Rate
            field="tx"
            bps={link.tx_bps}
            bytes={link.tx_bytes}
            samples={props.curve?.tx_bps ?? []}
            scale_bps={props.tx_scale_bps}
          />
        </td>
        <td class="td la-cell-share la-live" data-title={_('Connections')}>
          <Share
            measured_permille={link.share_permille}
            planned_permille={props.planned_permille}
            live={link.connections_live}
          />
        </td>
        <td class="td la-cell-weight" data-title={_('Weight')}>
          <WeightInput
            link={link.name}
            weight={link.weight}
            disabled={locked}
            pending={pending.has(`${link.name}.weight`)}
            onCommit={weight => void store.set_weight(link.name, weight)}
          />
          {props.shows_tier && (
            <div class="la-muted" data-field="tier">
              {fill(_('Tier %s'), link.tier)}
            </div>
          )}
        </td>
        <RowActions store={store} type="link" name={link.name} locked={locked} onEdit={props.onEdit} />
      </tr>
      {open.value && (
        <tr class="tr la-details" data-details={link.name}>
          <td class="td" id={details_id} colSpan={COLUMNS}>
            <LinkDetails store={store} link={link} read_only={read_only} />
          </td>
        </tr>
      )}
    </>
  );
}
