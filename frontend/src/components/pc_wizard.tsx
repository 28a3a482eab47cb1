/** A PC as a link: the router's part is staged, and what the PC and the server need is handed out. */

import { useSignal } from '@preact/signals';
import type { PcSide } from '../../../rpcd/src/rpc.ts';
import { interface_name } from '../../../rpcd/src/tunnels/names.ts';
import { type Form, placed_errors, typed_integer } from '../store/form.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { type PcServer, type PcTexts, pc_fields, pc_texts, server_errors } from '../words/pc.ts';
import { Editor } from './editor.tsx';
import { FormFields, useForm } from './form_fields.tsx';
import { Paste } from './paste.tsx';
import { useStage } from './stage.ts';

export interface PcWizardProps {
  store: Store;
  locked: boolean;
  onClose: () => void;
}

/** What has been staged last. */
interface Staged {
  name: string;
  side: PcSide;
  router_key: string;
}

export function PcWizard({ store, locked, onClose }: PcWizardProps) {
  const tunnels = store.tunnels.value.reply?.tunnels ?? [];
  const { form, errors, typed } = useForm({
    name: '',
    address: '',
    network: '',
    // Mostly the one that the router's own tunnels lead to.
    ...server_form(tunnels.find(({ uplink }) => uplink !== '')?.peers[0]),
    server_interface: 'wg0',
    system: 'windows',
  });
  const { saving, messages, stage } = useStage(store);
  const staged = useSignal<Staged | null>(null);
  const fields = pc_fields();
  const server = server_of(form.value);
  const wrong = server_errors(server);

  async function save(): Promise<void> {
    const text = (option: string) => (form.value[option] ?? '').trim();
    const name = text('name');
    messages.value = [];
    errors.value = Object.fromEntries(
      Object.entries(wrong).map(([option, reason]) => [`server_${option}`, reason]),
    );
    if (Object.keys(wrong).length > 0) return;
    const exists = tunnels.some(tunnel => tunnel.interface === interface_name(name));
    const pc = {
      create: !exists && staged.value?.name !== name,
      name,
      address: text('address'),
      network: text('network'),
    };
    staged.value = null;
    const section = interface_name(name);
    const reply = await stage(
      client => client.stage_pc(pc),
      refused => {
        // What the router knows of its tunnel and its link is about the same form.
        const own = refused.map(error => ({
          ...error,
          section: error.section === name ? section : error.section,
          option: error.option === 'addresses' ? 'network' : error.option,
        }));
        const { placed, others } = placed_errors([{ section, fields }], own);
        errors.value = placed[0] ?? {};
        return others;
      },
    );
    const side = reply?.pc;
    if (side !== undefined) staged.value = { name, side, router_key: reply?.public_key ?? '' };
  }

  const made = staged.value;
  return (
    <Editor
      name="pc"
      title={_('A PC as a link')}
      messages={messages.value}
      loaded={true}
      saving={saving.value}
      read_only={locked}
      save_title={_('Stage')}
      onSave={() => void save()}
      onClose={onClose}
    >
      <p class="la-muted">
        {_(
          'The PC forwards to a WireGuard server by an uplink of its own, such as its Wi-Fi. The server has to translate addresses.',
        )}
      </p>
      <FormFields
        id="la-pc"
        fields={fields}
        form={form.value}
        errors={errors.value}
        disabled={locked || saving.value}
        onInput={typed}
      />
      <div aria-live="polite">
        {made !== null && Object.keys(wrong).length === 0 && (
          <Texts
            texts={pc_texts(made.name, made.side, made.router_key, server)}
            windows={form.value.system === 'windows'}
          />
        )}
      </div>
    </Editor>
  );
}

function Texts({ texts, windows }: { texts: PcTexts; windows: boolean }) {
  return (
    <>
      <h4>{_('On the PC')}</h4>
      <p>
        {_(
          'Keep the file now: its keys are shown this once. The router knows them when the changes are applied.',
        )}
      </p>
      {windows ? (
        <>
          <p>{_('WireGuard imports this file as a tunnel:')}</p>
          <Paste field="conf" text={texts.conf} file={texts.conf_name} />
          <p>{_('PowerShell as administrator, once; it makes a task that keeps forwarding on:')}</p>
          <Paste field="windows" text={texts.windows} file={null} />
        </>
      ) : (
        <>
          <p>{_('In a root shell:')}</p>
          <Paste field="linux" text={texts.linux} file={null} />
        </>
      )}
      <h4>{_('On the server')}</h4>
      <p>{_('In a root shell, in force until it restarts:')}</p>
      <Paste field="server_shell" text={texts.server_shell} file={null} />
      <p>{_('To stay, in its wg-quick file:')}</p>
      <Paste field="server_conf" text={texts.server_conf} file={null} />
      <p>{_('or in /etc/config/network:')}</p>
      <Paste field="server_uci" text={texts.server_uci} file={null} />
    </>
  );
}

function server_form(
  peer: { endpoint_host: string; endpoint_port: number; public_key: string } | undefined,
): Form {
  return {
    server_address: peer?.endpoint_host ?? '',
    server_port: `${peer?.endpoint_port ?? 51820}`,
    server_public_key: peer?.public_key ?? '',
  };
}

function server_of(form: Form): PcServer {
  const text = (option: string) => (form[`server_${option}`] ?? '').trim();
  return {
    address: text('address'),
    port: typed_integer(text('port')),
    public_key: text('public_key'),
    interface: text('interface'),
  };
}
