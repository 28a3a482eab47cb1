/** All links. */

import type { Curve, History } from '../store/history.ts';
import { planned_shares, type Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { LinkRow } from './link_row.tsx';
import { Table } from './table.tsx';

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
  const shows_tier = shown.links.some(link => link.tier !== 1);
  const tx_scale_bps = busiest(history, 'tx_bps');
  return (
    <Table
      kind="links"
      titles={[
        _('On'),
        _('Link'),
        _('State'),
        _('Address'),
        _('Download'),
        _('Upload'),
        _('Connections'),
        _('Weight'),
        null,
      ]}
    >
      {shown.links.map(link => (
        <LinkRow
          key={link.name}
          store={store}
          link={link}
          planned_permille={planned.get(link.name) ?? null}
          curve={history[link.name]}
          rx_scale_bps={rx_scale_bps}
          tx_scale_bps={tx_scale_bps}
          shows_tier={shows_tier}
          read_only={read_only}
          onEdit={onEdit}
        />
      ))}
    </Table>
  );
}

/** Highest rate of any link in the last minute. */
function busiest(history: History, key: keyof Curve): number {
  return Math.max(0, ...Object.values(history).flatMap(curve => curve[key]));
}
