/** Makes a tunnel, from nothing or from a .conf file, or changes one. What comes of it is staged. */

import { useSignal } from '@preact/signals';
import type { Tunnel, TunnelStatus } from '../../../rpcd/src/rpc.ts';
import { tunnel_name } from '../../../rpcd/src/tunnels/names.ts';
import { failure_of } from '../client/jsonrpc.ts';
import { type Form, type FormErrors, placed_errors, without } from '../store/form.ts';
import type { Store } from '../store/store.ts';
import { NEW_PEER, type TunnelForms, tunnel_forms, tunnel_of, tunnel_places } from '../store/tunnel_form.ts';
import { _, fill } from '../translate.ts';
import { config_error_text, failure_text } from '../words/failure.ts';
import type { FormField } from '../words/fields.ts';
import { peer_fields, tunnel_fields } from '../words/tunnel.ts';
import { Banner, Reasons } from './banner.tsx';
import { Editor } from './editor.tsx';
import { Fold } from './fold.tsx';
import { FormFields } from './form_fields.tsx';
import { useStage } from './stage.ts';

export interface TunnelEditorProps {
  store: Store;
  /** Null to add one. */
  tunnel: TunnelStatus | null;
  /** Nothing can be changed now. */
  locked: boolean;
  onClose: () => void;
}

export function TunnelEditor({ store, tunnel, locked, onClose }: TunnelEditorProps) {
  const forms = useSignal<TunnelForms>(tunnel_forms(tunnel));
  const errors = useSignal<FormErrors[]>([]);
  const { saving, messages, stage } = useStage(store);
  const private_key = useSignal<string | null>(null);
  const rare_open = useSignal(false);
  const [own = {}, ...peers] = forms.value;
  const name = tunnel === null ? null : tunnel_name(tunnel.interface);
  const links = linked(store).filter(link => link !== name);
  const fields = [
    tunnel_fields(tunnel === null, own, links),
    ...peers.map(form => peer_fields(form, has_stored_key(tunnel, form.public_key ?? ''))),
  ];
  const rare = (fields[0] ?? []).filter(field => field.rare);

  function set_forms(next: TunnelForms): void {
    forms.value = next;
    errors.value = [];
  }

  function show_errors(found: FormErrors[]): void {
    errors.value = found;
    if (rare.some(({ option }) => option in (found[0] ?? {}))) rare_open.value = true;
  }

  async function save(): Promise<void> {
    const { tunnel: wanted, errors: found } = tunnel_of(forms.value, private_key.value);
    messages.value = [];
    show_errors(found);
    if (found.some(each => Object.keys(each).length > 0)) return;
    const change = { create: tunnel === null, tunnel: wanted };
    const reply = await stage(
      client => client.stage_tunnel(change),
      refused => {
        const { placed, others } = placed_errors(tunnel_places(wanted, fields), refused);
        show_errors(placed);
        return others;
      },
    );
    if (reply !== null) onClose();
  }

  function show_fields(index: number, list: FormField[]) {
    const form = forms.value[index] ?? {};
    return (
      <FormFields
        id={`la-tunnel${index}`}
        fields={list}
        form={form}
        errors={errors.value[index] ?? {}}
        disabled={locked || saving.value}
        onInput={(option, text) => {
          forms.value = forms.value.map((each, i) => (i === index ? { ...form, [option]: text } : each));
          errors.value = errors.value.map((each, i) => (i === index ? without(each, option) : each));
        }}
      />
    );
  }

  return (
    <Editor
      name="tunnel"
      title={name === null ? _('Add tunnel') : fill(_('Tunnel %s'), name)}
      messages={messages.value}
      loaded={true}
      saving={saving.value}
      read_only={locked}
      onSave={() => void save()}
      onClose={onClose}
    >
      {tunnel === null && (
        <Import
          store={store}
          onRead={(found, file_name) => {
            private_key.value = found.private_key;
            const typed = own.name ?? '';
            const named = { ...found, uplink: own.uplink ?? '', name: typed || file_name };
            set_forms(tunnel_forms(named));
          }}
        />
      )}
      {show_fields(
        0,
        (fields[0] ?? []).filter(field => !field.rare),
      )}
      <p class="la-muted la-more" data-field="private_key">
        {private_key.value !== null
          ? _('The private key is that of the file.')
          : tunnel === null
            ? _('The private key is made on the router, and never leaves it.')
            : fill(_('Public key of this side: %s'), tunnel.public_key)}
      </p>
      <Fold
        name="tunnel-rare"
        title={_('Rarely needed')}
        summary={changed_titles(rare, own)}
        open={rare_open}
      >
        {show_fields(0, rare)}
      </Fold>
      {peers.map((_form, index) => (
        // biome-ignore lint/a11y/useSemanticElements: themes give a fieldset borders and a legend its own layout
        <div key={index} class="la-peer" role="group" aria-label={peer_title(index)} data-peer={index + 1}>
          <h4>{peer_title(index)}</h4>
          {show_fields(index + 1, fields[index + 1] ?? [])}
          {peers.length > 1 && (
            <div class="la-editor-actions">
              <button
                type="button"
                class="btn cbi-button cbi-button-negative remove"
                data-action="remove-peer"
                disabled={locked}
                onClick={() => set_forms(forms.value.filter((_each, i) => i !== index + 1))}
              >
                {_('Remove peer')}
              </button>
            </div>
          )}
        </div>
      ))}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add-peer"
        disabled={locked}
        onClick={() => set_forms([...forms.value, { ...NEW_PEER, allowed_ips: '' }])}
      >
        {_('Add peer')}
      </button>
    </Editor>
  );
}

/** Fills the form in from a file, or from its text. */
function Import({
  store,
  onRead,
}: {
  store: Store;
  /** `name` is what a tunnel can be called after the file. */
  onRead: (tunnel: Tunnel, name: string) => void;
}) {
  const open = useSignal(false);
  const text = useSignal('');
  const failed = useSignal<string[]>([]);
  const ignored = useSignal<string[]>([]);
  const read_from = useSignal(false);

  async function read(conf: string, name: string): Promise<void> {
    text.value = conf;
    ignored.value = [];
    read_from.value = false;
    try {
      const reply = await store.parse_tunnel(conf);
      failed.value = reply.errors.map(config_error_text);
      if (reply.tunnel === null) return;
      ignored.value = reply.ignored.map(config_error_text);
      read_from.value = true;
      onRead(reply.tunnel, name);
    } catch (error) {
      failed.value = [failure_text(failure_of(error))];
    }
  }

  return (
    <Fold
      name="tunnel-file"
      title={_('From a file')}
      summary={_('fill the form in from a WireGuard configuration (.conf)')}
      open={open}
    >
      <p>
        <input
          type="file"
          accept=".conf,text/plain"
          data-field="file"
          aria-label={_('WireGuard configuration file')}
          onChange={event => {
            const file = event.currentTarget.files?.[0];
            if (file === undefined) return;
            const name = file.name.replace(/\.conf$/i, '').replace(/[^A-Za-z0-9_]/g, '');
            void file.text().then(conf => read(conf, name.slice(0, 7)));
          }}
        />
      </p>
      <textarea
        class="cbi-input-textarea"
        rows={6}
        data-field="conf"
        aria-label={_('Text of the file')}
        placeholder={'[Interface]\nPrivateKey = …'}
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={event => {
          text.value = event.currentTarget.value;
        }}
      />
      <div class="la-editor-actions">
        <button
          type="button"
          class="btn cbi-button cbi-button-neutral"
          data-action="read"
          disabled={text.value.trim() === ''}
          onClick={() => void read(text.value, '')}
        >
          {_('Fill in')}
        </button>
      </div>
      <div aria-live="polite">
        {failed.value.length > 0 && (
          <Banner name="file-refused" tone="error">
            {failed.value.map(line => (
              <p key={line}>{line}</p>
            ))}
          </Banner>
        )}
        {read_from.value && (
          <Banner name="file-read" tone="notice">
            <p>{_('The form is filled in: check it, and choose the uplink.')}</p>
            {ignored.value.length > 0 && <Reasons title={_('Left out:')} lines={ignored.value} />}
          </Banner>
        )}
      </div>
    </Fold>
  );
}

function peer_title(index: number): string {
  return fill(_('Peer %s'), index + 1);
}

function has_stored_key(tunnel: TunnelStatus | null, public_key: string): boolean {
  const peer = tunnel?.peers.find(each => each.public_key === public_key.trim());
  return peer?.has_preshared_key === true;
}

function changed_titles(fields: FormField[], form: Form): string {
  const set = fields.filter(({ option }) => (form[option] ?? '') !== '');
  return set.map(({ title }) => title).join(', ') || _('nothing changed here');
}

/** Links that a tunnel can leave by, also those that are staged only. */
function linked(store: Store): string[] {
  const links = (store.config.value?.config?.link ?? []).map(({ name }) => name);
  const staged = (store.tunnels.value.reply?.tunnels ?? []).map(({ link }) => link);
  return [...new Set([...links, ...staged])].filter(name => name !== '');
}
