/** Links that share a port: made, switched on and off together, changed and removed; what each of them got. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PortGroup, StagePorts } from '../../../rpcd/src/rpc.ts';
import { placed_errors, typed_integer } from '../store/form.ts';
import type { Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { failure_text } from '../words/failure.ts';
import { ports_fields, radio_text } from '../words/ports.ts';
import { Banner, Missing, NotRemoved } from './banner.tsx';
import { Editor } from './editor.tsx';
import { FormFields, useForm } from './form_fields.tsx';
import { Actions } from './row_actions.tsx';
import { useStage } from './stage.ts';
import { StagedState } from './staged_state.tsx';
import { Switch } from './switch.tsx';
import { Table } from './table.tsx';

export interface PortsProps {
  store: Store;
  shown: Shown;
  read_only: boolean;
}

export function Ports({ store, shown, read_only }: PortsProps) {
  /** The group that is edited; `group` null is a new one. */
  const edited = useSignal<{ group: PortGroup | null } | null>(null);
  const removal = useStage(store);
  useEffect(() => {
    store.watch_ports(true);
    return () => store.watch_ports(false);
  }, [store]);
  const { reply, failure } = store.ports.value;
  const locked = read_only || store.staging.view.value.locked;
  const groups = reply?.groups ?? [];
  const radios = reply?.radios ?? [];

  function remove({ name, parent, proto }: PortGroup): void {
    const change = { create: false, name, parent, proto, count: 0, username: null, password: null };
    void removal.stage(client => client.stage_ports(change));
  }

  return (
    <div class="cbi-section" data-list="ports">
      <h3>{_('Links from one port')}</h3>
      <div aria-live="polite">
        {failure !== null && reply === null && (
          <Banner name="ports-failed" tone="error">
            {failure_text(failure)}
          </Banner>
        )}
        <Missing name="no-macvlan" what={_('Links from one port')} command={reply?.missing.dhcp ?? ''} />
        <NotRemoved
          name="ports-refused"
          title={_('The links were not removed:')}
          reasons={removal.messages}
        />
      </div>
      {groups.length === 0 ? (
        <p class="la-empty" data-banner="no-ports">
          {_(
            'None. Where a provider limits each address or each login, one port can be several links, with a MAC address each.',
          )}
        </p>
      ) : (
        <Table kind="rows" titles={[_('On'), _('Links'), _('Port'), _('Each of them'), null]}>
          {groups.map(group => (
            <GroupRow
              key={group.name}
              store={store}
              shown={shown}
              group={group}
              locked={locked}
              onEdit={() => {
                edited.value = { group };
              }}
              onRemove={() => remove(group)}
            />
          ))}
        </Table>
      )}
      {radios.length > 0 && (
        <p class="la-muted" data-field="radios">
          {radios.map(radio_text).join(' ')}{' '}
          {_(
            'Wi-Fi takes no links of this kind: an access point accepts one MAC address from each client. Several clients on one chip mostly get only one connection.',
          )}
        </p>
      )}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add"
        aria-expanded={edited.value?.group === null}
        disabled={locked || reply === null || reply.missing.dhcp !== ''}
        onClick={() => {
          edited.value = { group: null };
        }}
      >
        {_('Add links')}
      </button>
      {edited.value !== null && (
        <PortsEditor
          key={edited.value.group?.name ?? ''}
          store={store}
          group={edited.value.group}
          parents={reply?.parents ?? []}
          locked={locked}
          onClose={() => {
            edited.value = null;
          }}
        />
      )}
    </div>
  );
}

interface GroupRowProps {
  store: Store;
  shown: Shown;
  group: PortGroup;
  locked: boolean;
  onEdit: () => void;
  onRemove: () => void;
}

function GroupRow({ store, shown, group, locked, onEdit, onRemove }: GroupRowProps) {
  const { name, parent, proto, ports } = group;
  const links = shown.links.filter(link => ports.some(port => port.link === link.name));
  const pending = store.pending.value.has(`${name}.ports`);
  return (
    <tr class="tr la-row" data-ports={name}>
      <td class="td la-cell-enabled">
        <Switch
          on={links.some(link => link.enabled)}
          label={fill(_('Use all links %s'), name)}
          disabled={locked || links.length === 0}
          pending={pending}
          onChange={on =>
            void store.set_all_enabled(
              name,
              links.map(link => link.name),
              on,
            )
          }
        />
      </td>
      <td class="td la-cell-name">
        <strong class="la-name">{name}</strong>
        <span class="la-muted la-number">{ports.length}</span>
      </td>
      <td class="td" data-title={_('Port')} data-field="parent">
        {parent} <span class="la-muted">{proto === 'pppoe' ? _('PPPoE') : _('DHCP')}</span>
      </td>
      <td class="td la-live" data-title={_('Each of them')} data-field="got">
        {ports.map(port => (
          <div key={port.interface} title={port.mac} data-port={port.interface}>
            {port.link} <StagedState store={store} shown={shown} {...port} />{' '}
            <span class="la-number">
              {port.address || port.error.replaceAll('_', ' ') || _('no address')}
            </span>{' '}
            <span class="la-muted la-number">{port.mac}</span>
          </div>
        ))}
      </td>
      <Actions
        locked={locked}
        list={[
          { action: 'edit', text: _('Edit'), label: fill(_('Edit links %s'), name), run: onEdit },
          { action: 'remove', text: _('Remove'), label: fill(_('Remove links %s'), name), run: onRemove },
        ]}
      />
    </tr>
  );
}

interface PortsEditorProps {
  store: Store;
  /** Null to add one. */
  group: PortGroup | null;
  parents: string[];
  locked: boolean;
  onClose: () => void;
}

function PortsEditor({ store, group, parents, locked, onClose }: PortsEditorProps) {
  const { form, errors, typed } = useForm({
    name: group?.name ?? '',
    parent: group?.parent ?? parents[0] ?? '',
    count: `${group?.ports.length ?? 2}`,
    proto: group?.proto ?? 'dhcp',
    username: '',
    password: '',
  });
  const { saving, messages, stage } = useStage(store);
  const fields = ports_fields(group, form.value, parents);

  async function save(): Promise<void> {
    const text = (option: string) => (form.value[option] ?? '').trim();
    const count = typed_integer(text('count'));
    errors.value = Number.isNaN(count) || count === 0 ? { count: 'must be from 1 to 16' } : {};
    messages.value = [];
    if (errors.value.count !== undefined) return;
    const change: StagePorts = {
      create: group === null,
      name: text('name'),
      parent: text('parent'),
      count,
      proto: text('proto') === 'pppoe' ? 'pppoe' : 'dhcp',
      username: text('username') || null,
      // Blanks at its ends may be meant.
      password: form.value.password || null,
    };
    const reply = await stage(
      client => client.stage_ports(change),
      refused => {
        const { placed, others } = placed_errors([{ section: change.name, fields }], refused);
        errors.value = placed[0] ?? {};
        return others;
      },
    );
    if (reply !== null) onClose();
  }

  return (
    <Editor
      name="ports"
      title={group === null ? _('Add links from one port') : fill(_('Links %s'), group.name)}
      messages={messages.value}
      loaded={true}
      saving={saving.value}
      read_only={locked}
      save_title={_('Stage')}
      onSave={() => void save()}
      onClose={onClose}
    >
      <FormFields
        id="la-ports"
        fields={fields}
        form={form.value}
        errors={errors.value}
        disabled={locked || saving.value}
        onInput={typed}
      />
    </Editor>
  );
}
