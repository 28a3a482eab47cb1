/** Adds a section, or changes one. Starts from the configuration as it is on the router at this moment. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import { failure_of } from '../client/jsonrpc.ts';
import type { Outcome } from '../store/changes.ts';
import { type Form, type FormErrors, form_of, placed_errors, values_of } from '../store/form.ts';
import { type Edited, type EditedType, fields_of, free_name, section_of } from '../store/sections.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { config_error_text, failure_text } from '../words/failure.ts';
import { type FormField, form_fields } from '../words/fields.ts';
import { section_words } from '../words/section.ts';
import { Editor } from './editor.tsx';
import { Fold } from './fold.tsx';
import { FormFields, useForm } from './form_fields.tsx';

export interface SectionEditorProps {
  store: Store;
  type: EditedType;
  /** Null to add one. */
  name: string | null;
  /** What a new one starts with. */
  preset?: object | undefined;
  read_only: boolean;
  onClose: (saved: boolean) => void;
}

export function SectionEditor({ store, type, name, preset, read_only, onClose }: SectionEditorProps) {
  const config = useSignal<Config | null>(null);
  const before = useSignal<Edited[EditedType] | null>(null);
  const { form, errors, typed } = useForm({});
  const message = useSignal<string[]>([]);
  const saving = useSignal(false);
  const rare_open = useSignal(false);
  /** The name of a link follows the interface until it is typed itself. */
  const name_typed = useRef(false);
  const words = type === 'globals' ? null : section_words(type);
  const fields = fields_of(type);
  const loaded = config.value !== null;
  const shown: FormField[] =
    config.value === null ? [] : form_fields(type, name === null, form.value, config.value);
  const rare = shown.filter(field => field.rare === true);
  const usual = form_of(fields, {});
  const changed = rare.filter(({ option }) => form.value[option] !== usual[option]);

  async function load(): Promise<void> {
    config.value = null;
    try {
      const reply = await store.read_config();
      const found = reply.config === null || name === null ? undefined : section_of(reply.config, type, name);
      if (reply.config === null || (name !== null && found === undefined)) {
        message.value = [
          fill(words?.missing ?? _('The configuration that is on the router now has errors.'), name ?? ''),
          ...reply.errors.map(config_error_text),
        ];
        return;
      }
      before.value = found ?? null;
      form.value = form_of(fields, found ?? { ...new_section(type, reply.config), ...preset });
      config.value = reply.config;
    } catch (error) {
      message.value = [failure_text(failure_of(error))];
    }
  }

  useEffect(() => void load(), []);

  function input(option: string, text: string): void {
    if (option === 'name') name_typed.current = true;
    if (type === 'link' && option === 'interface' && name === null && !name_typed.current) {
      // A section name has letters, digits and underscores only.
      form.value = { ...form.value, name: text.trim().replace(/[^A-Za-z0-9_]/g, '_') };
    }
    typed(option, text);
  }

  function show_errors(found: FormErrors): void {
    errors.value = found;
    if (rare.some(({ option }) => option in found)) rare_open.value = true;
  }

  async function save(): Promise<void> {
    const options = shown.map(field => field.option);
    const { values, errors: found } = values_of(fields, form.value, options);
    for (const { option, choices } of shown) {
      if (choices !== undefined && form.value[option] === '' && option in found) {
        found[option] = 'is missing: choose one';
      }
    }
    message.value = [];
    show_errors(found);
    if (Object.keys(found).length > 0) return;
    saving.value = true;
    const saved_name = name ?? String(values.name);
    const outcome = await store.save(type, saved_name, before.value, values);
    saving.value = false;
    await show(outcome, saved_name);
  }

  async function show(outcome: Outcome, saved_name: string): Promise<void> {
    switch (outcome.kind) {
      case 'saved':
        onClose(true);
        return;
      case 'refused': {
        // Reasons for the form's own fields stand beside them, the others above the form.
        const { placed, others } = placed_errors([{ section: saved_name, fields: shown }], outcome.errors);
        show_errors(placed[0] ?? {});
        message.value = others.map(config_error_text);
        return;
      }
      case 'conflict': {
        const before_form: Form = before.value === null ? {} : form_of(fields, before.value);
        const typed_in = Object.entries(form.value).filter(([option, text]) => text !== before_form[option]);
        await load();
        if (config.value === null) return;
        form.value = { ...form.value, ...Object.fromEntries(typed_in) };
        message.value = [
          _(
            'The configuration was changed elsewhere in the meantime, and nothing was saved. What you typed is still here: check it and save again.',
          ),
        ];
        return;
      }
      case 'failed':
        message.value = [failure_text(outcome.failure)];
    }
  }

  function show_fields(list: FormField[]) {
    return (
      <FormFields
        id={`la-${type}`}
        fields={list}
        form={form.value}
        errors={errors.value}
        disabled={read_only || saving.value}
        onInput={input}
      />
    );
  }

  return (
    <Editor
      name={type}
      title={words === null ? null : name === null ? words.add : fill(words.title, name)}
      messages={message.value}
      loaded={loaded}
      saving={saving.value}
      read_only={read_only}
      onSave={() => void save()}
      onClose={() => onClose(false)}
    >
      {show_fields(shown.filter(field => field.rare !== true))}
      {rare.length > 0 && (
        <Fold
          name={`${type}-rare`}
          title={_('Rarely needed')}
          summary={changed.map(field => field.title).join(', ') || _('nothing changed here')}
          open={rare_open}
        >
          {show_fields(rare)}
        </Fold>
      )}
    </Editor>
  );
}

/** What the form of a new section starts with besides the schema's fallbacks. */
function new_section(type: EditedType, config: Config): object {
  // Few want to think of a name for each of them.
  return type === 'policy' || type === 'nat' ? { name: free_name(config, type) } : {};
}
