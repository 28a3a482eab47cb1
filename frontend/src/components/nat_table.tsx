/** All NAT rules, in the order they are tried in. */

import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { nat_text } from '../words/policy.ts';
import { RowActions } from './row_actions.tsx';
import { Switch } from './switch.tsx';
import { Table } from './table.tsx';

export interface NatTableProps {
  store: Store;
  config: Config;
  read_only: boolean;
  onEdit: (name: string) => void;
}

export function NatTable({ store, config, read_only, onEdit }: NatTableProps) {
  if (config.nat.length === 0) {
    return (
      <p class="la-empty" data-banner="no-nat">
        {_(
          'None. A rule here gives connections another source address before the firewall does: for networks that the other side has no way back to, say.',
        )}
      </p>
    );
  }
  const used = new Map(store.shown.value?.nat.map(({ name, connections }) => [name, connections]));
  return (
    <Table
      kind="rows"
      titles={[_('On'), _('NAT rule'), _('Connections'), _('New source address'), _('Used for'), null]}
    >
      {config.nat.map(rule => {
        const pending = store.pending.value.has(rule.name);
        const locked = read_only || pending;
        return (
          <tr
            key={rule.name}
            class="tr la-row"
            data-nat={rule.name}
            data-off={rule.enabled ? undefined : ''}
            aria-busy={pending}
          >
            <td class="td la-cell-enabled">
              <Switch
                on={rule.enabled}
                label={fill(_('Use NAT rule %s'), rule.name)}
                disabled={locked}
                pending={store.pending.value.has(`${rule.name}.enabled`)}
                onChange={on => void store.set_section_enabled('nat', rule.name, on)}
              />
            </td>
            <td class="td la-cell-name">
              <strong class="la-name">{rule.name}</strong>
              {rule.comment !== '' && <div class="la-muted">{rule.comment}</div>}
            </td>
            <td class="td la-cell-fits" data-title={_('Connections')} data-field="fits">
              {nat_text(rule)}
            </td>
            <td class="td" data-title={_('New source address')} data-field="action">
              {rule.action === 'snat' ? rule.address : fill(_('that of %s'), rule.out)}
            </td>
            <td class="td" data-title={_('Used for')} data-field="used">
              {fill(_('%s connections'), used.get(rule.name) ?? 0)}
            </td>
            <RowActions store={store} type="nat" name={rule.name} locked={locked} onEdit={onEdit} />
          </tr>
        );
      })}
    </Table>
  );
}
