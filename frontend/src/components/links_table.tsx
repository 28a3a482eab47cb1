/** All links. */

import type { Curve, History } from '../store/history.ts';
import { planned_shares, type Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { LinkRow } from './link_row.tsx';

export interface LinksTableProps {
  store: Store;
  shown: Shown;
  read_only: boolean;
  onEdit: (name: string) => void;
}

export function LinksTable({ store, shown, read_only, onEdit }: LinksTableProps) {
  if (shown.links.length === 0) {
    return (
      <div class="la-empty" data-banner="no-links">
        <p>
          <strong>{_('No links yet.')}</strong>
        </p>
        <p>
          {_(
            'When the package is installed, every interface in the firewall zone “wan” becomes a link. Add a link for each further uplink: another WAN port, a Wi-Fi client, LTE, PPPoE or a WireGuard tunnel.',
          )}
        </p>
      </div>
    );
  }
  const history = store.history.value;
  const planned = planned_shares(shown);
  const rx_scale_bps = busiest(history, 'rx_bps');
  const tx_scale_bps = busiest(history, 'tx_bps');
  return (
    <table class="table la-links">
      <thead>
        <tr class="tr table-titles">
          <th class="th" scope="col">
            {_('On')}
          </th>
          <th class="th" scope="col">
            {_('Link')}
          </th>
          <th class="th" scope="col">
            {_('State')}
          </th>
          <th class="th" scope="col">
            {_('Address')}
          </th>
          <th class="th" scope="col">
            {_('Download')}
          </th>
          <th class="th" scope="col">
            {_('Upload')}
          </th>
          <th class="th" scope="col">
            {_('New connections')}
          </th>
          <th class="th" scope="col">
            {_('Weight')}
          </th>
          <th class="th" scope="col">
            <span class="la-hidden">{_('Actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.links.map(link => (
          <LinkRow
            key={link.name}
            store={store}
            link={link}
            planned_permille={planned.get(link.name) ?? null}
            curve={history[link.name]}
            rx_scale_bps={rx_scale_bps}
            tx_scale_bps={tx_scale_bps}
            read_only={read_only}
            onEdit={() => onEdit(link.name)}
          />
        ))}
      </tbody>
    </table>
  );
}

/** Highest rate of any link in the last minute. */
function busiest(history: History, key: keyof Curve): number {
  return Math.max(0, ...Object.values(history).flatMap(curve => curve[key]));
}
