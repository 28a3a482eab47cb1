/** The .conf file for the other side of a tunnel: to copy, to download, and for a camera. */

import { useSignal } from '@preact/signals';
import type { TunnelStatus } from '../../../rpcd/src/rpc.ts';
import { qr_code } from '../qr.ts';
import type { Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import type { FormField } from '../words/fields.ts';
import { Editor } from './editor.tsx';
import { FormFields, useForm } from './form_fields.tsx';
import { Paste } from './paste.tsx';
import { useStage } from './stage.ts';

export interface TunnelExportProps {
  store: Store;
  shown: Shown;
  tunnel: TunnelStatus;
  locked: boolean;
  onClose: () => void;
}

export function TunnelExport({ store, shown, tunnel, locked, onClose }: TunnelExportProps) {
  // New keys change it.
  const now = store.tunnels.value.reply?.tunnels.find(each => each.interface === tunnel.interface) ?? tunnel;
  const first = tunnel.peers[0];
  const { form, errors, typed } = useForm({
    peer: '0',
    // Who is called need not call.
    endpoint_host: first?.endpoint_host === '' ? (address_of(shown, tunnel.uplink) ?? '') : '',
    keys: first?.endpoint_host === '' ? 'made' : 'known',
  });
  const file = useSignal<{ conf: string; made: boolean } | null>(null);
  const { saving, messages, stage } = useStage(store);
  const name = tunnel.link || tunnel.interface;

  async function make(): Promise<void> {
    const { peer, endpoint_host = '', keys } = form.value;
    const made = keys === 'made';
    const wanted = {
      interface: tunnel.interface,
      peer: now.peers[Number(peer)]?.public_key ?? '',
      endpoint_host: endpoint_host.trim(),
      make_keys: made,
    };
    file.value = null;
    const reply = await stage(client => client.export_tunnel(wanted));
    if (reply !== null) file.value = { conf: reply.conf, made };
  }

  const fields: FormField[] = [
    {
      option: 'peer',
      title: _('Peer'),
      help: _('The one that gets the file.'),
      choices: now.peers.map(({ public_key, allowed_ips }, index) => ({
        value: `${index}`,
        text: `${allowed_ips.join(', ')} (${public_key.slice(0, 8)}…)`,
      })),
    },
    {
      option: 'endpoint_host',
      title: _('Address of the router'),
      help: _('How the other side reaches it: an address or a name.'),
      empty: _('it does not call'),
    },
    {
      option: 'keys',
      title: _('Keys'),
      help: _('New ones replace those that the other side has now; they are staged here.'),
      choices: [
        { value: 'known', text: _('the other side has its own') },
        { value: 'made', text: _('new ones, shown this once') },
      ],
    },
  ];

  return (
    <Editor
      name="export"
      title={fill(_('Other side of tunnel %s'), name)}
      messages={messages.value}
      loaded={true}
      saving={saving.value}
      read_only={locked}
      save_title={_('Show the file')}
      onSave={() => void make()}
      onClose={onClose}
    >
      <FormFields
        id="la-export"
        fields={fields.filter(({ option }) => option !== 'peer' || tunnel.peers.length > 1)}
        form={form.value}
        errors={errors.value}
        disabled={locked || saving.value}
        onInput={typed}
      />
      <div aria-live="polite">
        {file.value !== null && <File name={name} conf={file.value.conf} made={file.value.made} />}
      </div>
    </Editor>
  );
}

function File({ name, conf, made }: { name: string; conf: string; made: boolean }) {
  return (
    <div class="la-file">
      {/* Without its private key it is of no use to a phone. */}
      {made && <QrCode text={conf} />}
      <div>
        {made && (
          <p>
            {_(
              'Keep the file now: its keys are shown this once. The router knows them when the changes are applied.',
            )}
          </p>
        )}
        <Paste field="conf" text={conf} file={`${name}.conf`} />
      </div>
    </div>
  );
}

/** A margin of four modules is part of it, and light ones are white in every theme. */
function QrCode({ text }: { text: string }) {
  const rows = qr_code(text);
  if (rows === null) return <p>{_('The file is too long for a QR code.')}</p>;
  const size = rows.length + 8;
  const path = rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : '')))
    .join('');
  return (
    <svg class="la-qr" role="img" aria-label={_('QR code of the file')} viewBox={`0 0 ${size} ${size}`}>
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path d={path} />
    </svg>
  );
}

/** Where the router is called, if its uplink has a public address. */
function address_of(shown: Shown, uplink: string): string | null | undefined {
  return (shown.links.find(({ name }) => name === uplink) ?? shown.links[0])?.address;
}
