/** WireGuard tunnels: those made here can be changed, the others are shown. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PeerState, TunnelStatus } from '../../../rpcd/src/rpc.ts';
import { tunnel_name } from '../../../rpcd/src/tunnels/names.ts';
import type { Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { failure_text } from '../words/failure.ts';
import { bytes_text } from '../words/rate.ts';
import { endpoint_text, handshake_text, way_text } from '../words/tunnel.ts';
import { Banner, Missing, NotRemoved } from './banner.tsx';
import { PcWizard } from './pc_wizard.tsx';
import { Actions } from './row_actions.tsx';
import { useStage } from './stage.ts';
import { StagedState } from './staged_state.tsx';
import { Table } from './table.tsx';
import { TunnelEditor } from './tunnel_editor.tsx';
import { TunnelExport } from './tunnel_export.tsx';

export interface TunnelsProps {
  store: Store;
  shown: Shown;
  read_only: boolean;
}

/** What is open below the list: the editor of a tunnel (none: a new one), its file for the other side, or a PC. */
type Open =
  | { kind: 'edit'; tunnel: TunnelStatus | null }
  | { kind: 'export'; tunnel: TunnelStatus }
  | { kind: 'pc' };

export function Tunnels({ store, shown, read_only }: TunnelsProps) {
  const open = useSignal<Open | null>(null);
  const removal = useStage(store);
  useEffect(() => {
    store.watch_tunnels(true);
    return () => store.watch_tunnels(false);
  }, [store]);
  const { reply, failure } = store.tunnels.value;
  const locked = read_only || store.staging.view.value.locked;
  const cannot_add = locked || reply === null || reply.missing !== '';
  const tunnels = reply?.tunnels ?? [];
  const close = () => {
    open.value = null;
  };

  const now = open.value;
  return (
    <div class="cbi-section" data-list="tunnel">
      <h3>{_('Tunnels')}</h3>
      <div aria-live="polite">
        {failure !== null && reply === null && (
          <Banner name="tunnels-failed" tone="error">
            {failure_text(failure)}
          </Banner>
        )}
        <Missing name="no-wireguard" what="WireGuard" command={reply?.missing ?? ''} />
        <NotRemoved
          name="tunnel-refused"
          title={_('The tunnel was not removed:')}
          reasons={removal.messages}
        />
      </div>
      {tunnels.length === 0 ? (
        <p class="la-empty" data-banner="no-tunnels">
          {_(
            'No WireGuard tunnels. A tunnel is a link of its own over one of the uplinks, to a server or to another router.',
          )}
        </p>
      ) : (
        <Table
          kind="rows"
          titles={[_('Tunnel'), _('State'), _('Other side'), _('Traffic'), _('Leaves by'), null]}
        >
          {tunnels.map(tunnel => (
            <tr key={tunnel.interface} class="tr la-row" data-tunnel={tunnel.interface}>
              <td class="td la-cell-name">
                <strong class="la-name">{tunnel_name(tunnel.interface) || tunnel.interface}</strong>
                <span class="la-muted la-number">{tunnel.addresses.join(', ')}</span>
              </td>
              <td class="td la-cell-state la-live">
                <StagedState store={store} shown={shown} link={tunnel.link} interface={tunnel.interface} />
              </td>
              <td class="td la-number la-live" data-title={_('Other side')} data-field="peers">
                {tunnel.peers.map(peer => (
                  <div key={peer.public_key} title={peer.public_key}>
                    {endpoint_text(peer)} <span class="la-muted">{handshake_text(peer)}</span>
                  </div>
                ))}
              </td>
              <td class="td la-number la-live" data-title={_('Traffic')} data-field="traffic">
                {traffic_text(tunnel)}
              </td>
              <td class="td" data-title={_('Leaves by')} data-field="uplink">
                {tunnel.uplink || _('any')}
                <div class="la-muted">{way_text(tunnel)}</div>
              </td>
              {tunnel.ours ? (
                <Actions
                  locked={locked}
                  list={[
                    {
                      action: 'export',
                      text: _('Export'),
                      label: fill(_('File for the other side of tunnel %s'), tunnel_name(tunnel.interface)),
                      run: () => {
                        open.value = { kind: 'export', tunnel };
                      },
                    },
                    {
                      action: 'edit',
                      text: _('Edit'),
                      label: fill(_('Edit tunnel %s'), tunnel_name(tunnel.interface)),
                      run: () => {
                        open.value = { kind: 'edit', tunnel };
                      },
                    },
                    {
                      action: 'remove',
                      text: _('Remove'),
                      label: fill(_('Remove tunnel %s'), tunnel_name(tunnel.interface)),
                      run: () => void removal.stage(client => client.remove_tunnel(tunnel.interface)),
                    },
                  ]}
                />
              ) : (
                <td class="td la-cell-actions la-muted">{_('made elsewhere')}</td>
              )}
            </tr>
          ))}
        </Table>
      )}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add"
        aria-expanded={now?.kind === 'edit' && now.tunnel === null}
        disabled={cannot_add}
        onClick={() => {
          open.value = { kind: 'edit', tunnel: null };
        }}
      >
        {_('Add tunnel')}
      </button>{' '}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add-pc"
        aria-expanded={now?.kind === 'pc'}
        disabled={cannot_add}
        onClick={() => {
          open.value = { kind: 'pc' };
        }}
      >
        {_('Add a PC as a link')}
      </button>
      {now?.kind === 'edit' && (
        <TunnelEditor
          key={`edit ${now.tunnel?.interface}`}
          store={store}
          tunnel={now.tunnel}
          locked={locked}
          onClose={close}
        />
      )}
      {now?.kind === 'pc' && <PcWizard store={store} locked={locked} onClose={close} />}
      {now?.kind === 'export' && (
        <TunnelExport
          key={`export ${now.tunnel.interface}`}
          store={store}
          shown={shown}
          tunnel={now.tunnel}
          locked={locked}
          onClose={close}
        />
      )}
    </div>
  );
}

function traffic_text({ peers }: TunnelStatus): string {
  const sum = (key: 'rx_bytes' | 'tx_bytes') => {
    const states = peers.map(peer => peer.state).filter((state): state is PeerState => state !== null);
    return bytes_text(states.length === 0 ? null : states.reduce((total, state) => total + state[key], 0));
  };
  return `↓ ${sum('rx_bytes')} ↑ ${sum('tx_bytes')}`;
}
