/** All policies, in the order they are tried in. */

import { useSignal } from '@preact/signals';
import type { Config, Policy } from '../../../rpcd/src/config/schema.gen.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { policy_targets, policy_text } from '../words/policy.ts';
import { RowActions } from './row_actions.tsx';
import { Switch } from './switch.tsx';
import { Table } from './table.tsx';

export interface PoliciesTableProps {
  store: Store;
  config: Config;
  read_only: boolean;
  onEdit: (name: string) => void;
}

export function PoliciesTable({ store, config, read_only, onEdit }: PoliciesTableProps) {
  /** What the last move did, for screen readers. */
  const told = useSignal('');
  const count = config.policy.length;
  const targets = policy_targets(config);
  if (count === 0) {
    return (
      <p class="la-empty" data-banner="no-policies">
        {_(
          'All connections are spread over all links. Policies send some of them elsewhere: UDP over one link, one client over another.',
        )}
      </p>
    );
  }

  function move(policy: Policy, index: number, offset: -1 | 1): void {
    void store.move_policy(policy.name, offset);
    told.value = fill(_('%s is now number %s of %s.'), policy.name, index + offset + 1, count);
  }

  return (
    <>
      <p>
        {_(
          'A new connection takes the first policy that fits. If none does, or no link there works, it is spread over all links.',
        )}
      </p>
      <span class="la-hidden" role="status">
        {told.value}
      </span>
      <Table kind="rows" titles={[_('On'), _('Policy'), _('Connections'), _('Go to'), _('Order'), null]}>
        {config.policy.map((policy, index) => {
          const pending = store.pending.value.has(policy.name);
          const locked = read_only || pending;
          return (
            <tr
              key={policy.name}
              class="tr la-row"
              data-policy={policy.name}
              data-off={policy.enabled ? undefined : ''}
              aria-busy={pending || store.pending.value.has(`${policy.name}.place`)}
            >
              <td class="td la-cell-enabled">
                <Switch
                  on={policy.enabled}
                  label={fill(_('Use policy %s'), policy.name)}
                  disabled={locked}
                  pending={store.pending.value.has(`${policy.name}.enabled`)}
                  onChange={on => void store.set_section_enabled('policy', policy.name, on)}
                />
              </td>
              <td class="td la-cell-name">
                <strong class="la-name">{policy.name}</strong>
              </td>
              <td
                class="td la-cell-fits"
                data-title={_('Connections')}
                data-field="fits"
                title={policy_text(policy, null)}
              >
                {policy_text(policy)}
              </td>
              <td class="td" data-title={_('Go to')} data-field="target">
                {targets.find(target => target.value === policy.target)?.text ?? policy.target}
              </td>
              <td class="td la-cell-order" data-title={_('Order')}>
                <Move
                  label={fill(_('Move policy %s up'), policy.name)}
                  sign="↑"
                  action="up"
                  disabled={locked || index === 0}
                  onMove={() => move(policy, index, -1)}
                />
                <Move
                  label={fill(_('Move policy %s down'), policy.name)}
                  sign="↓"
                  action="down"
                  disabled={locked || index === count - 1}
                  onMove={() => move(policy, index, 1)}
                />
              </td>
              <RowActions store={store} type="policy" name={policy.name} locked={locked} onEdit={onEdit} />
            </tr>
          );
        })}
      </Table>
    </>
  );
}

interface MoveProps {
  label: string;
  sign: string;
  action: string;
  disabled: boolean;
  onMove: () => void;
}

function Move({ label, sign, action, disabled, onMove }: MoveProps) {
  return (
    <button
      type="button"
      class="btn cbi-button cbi-button-neutral"
      data-action={action}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={event => {
        const button = event.currentTarget;
        onMove();
        // A row that is moved loses the focus; at the end of the list the button for the other way keeps it.
        requestAnimationFrame(() => {
          const other = button.previousElementSibling ?? button.nextElementSibling;
          const target = button.disabled ? other : button;
          if (target instanceof HTMLElement) target.focus();
        });
      }}
    >
      {sign}
    </button>
  );
}
