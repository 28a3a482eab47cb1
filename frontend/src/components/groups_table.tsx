/** All groups. */

import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { mode_text, stickiness_text } from '../words/balance.ts';
import { RowActions } from './row_actions.tsx';
import { Table } from './table.tsx';

export interface GroupsTableProps {
  store: Store;
  config: Config;
  read_only: boolean;
  onEdit: (name: string) => void;
}

export function GroupsTable({ store, config, read_only, onEdit }: GroupsTableProps) {
  if (config.group.length === 0) {
    return (
      <p class="la-empty" data-banner="no-groups">
        {_(
          'No groups. A group is some of the links, spread over in its own way, for policies to send connections to: the two with the shortest delay for games and calls, say.',
        )}
      </p>
    );
  }
  return (
    <Table kind="rows" titles={[_('Group'), _('Links'), _('New connections'), _('Stickiness'), null]}>
      {config.group.map(group => {
        const pending = store.pending.value.has(group.name);
        return (
          <tr key={group.name} class="tr la-row" data-group={group.name} aria-busy={pending}>
            <td class="td la-cell-name">
              <strong class="la-name">{group.name}</strong>
            </td>
            <td class="td" data-title={_('Links')} data-field="link">
              {group.link.join(', ')}
            </td>
            <td class="td" data-title={_('New connections')} data-field="mode">
              {mode_text(group.mode)}
            </td>
            <td class="td" data-title={_('Stickiness')} data-field="sticky">
              {stickiness_text(group)}
            </td>
            <RowActions
              store={store}
              type="group"
              name={group.name}
              locked={read_only || pending}
              onEdit={onEdit}
            />
          </tr>
        );
      })}
    </Table>
  );
}
