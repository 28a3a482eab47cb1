/** Adds a link, or changes one. Starts from the configuration as it is on the router at this moment. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Link } from '../../../rpcd/src/config/schema.gen.ts';
import { RpcFailure } from '../client/jsonrpc.ts';
import type { Outcome } from '../store/changes.ts';
import { empty_form, type FormErrors, form_of, type LinkForm, link_of } from '../store/form.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { config_error_text, failure_text } from '../words/failure.ts';
import { Banner } from './banner.tsx';

export interface LinkEditorProps {
  store: Store;
  /** Null to add one. */
  name: string | null;
  onClose: () => void;
}

export function LinkEditor({ store, name, onClose }: LinkEditorProps) {
  const form = useSignal<LinkForm | null>(name === null ? empty_form() : null);
  const before = useSignal<Link | null>(null);
  const errors = useSignal<FormErrors>({});
  const message = useSignal<string[]>([]);
  const saving = useSignal(false);
  /** The name follows the interface until it is typed itself. */
  const name_typed = useRef(false);
  const heading = useRef<HTMLHeadingElement>(null);

  async function load(): Promise<void> {
    if (name === null) return;
    try {
      const reply = await store.read_config();
      const link = reply.config?.link.find(candidate => candidate.name === name);
      if (link === undefined) {
        form.value = null;
        message.value = [
          fill(_('Link %s is not in the configuration that is on the router now.'), name),
          ...reply.errors.map(config_error_text),
        ];
        return;
      }
      before.value = link;
      form.value = form_of(link);
    } catch (error) {
      message.value = [error instanceof RpcFailure ? failure_text(error) : String(error)];
    }
  }

  useEffect(() => {
    heading.current?.scrollIntoView({ block: 'nearest' });
    heading.current?.focus();
    void load();
  }, []);

  function typed(option: keyof LinkForm, text: string): void {
    const now = form.value;
    if (now === null) return;
    const next = { ...now, [option]: text };
    if (option === 'name') name_typed.current = true;
    if (option === 'interface' && name === null && !name_typed.current) {
      // A section name has letters, digits and underscores only.
      next.name = text.trim().replace(/[^A-Za-z0-9_]/g, '_');
    }
    form.value = next;
    const { [option]: _gone, ...others } = errors.value;
    errors.value = others;
  }

  async function save(): Promise<void> {
    const now = form.value;
    if (now === null || saving.value) return;
    const result = link_of(now, before.value?.enabled ?? true);
    message.value = [];
    if (result.link === null) {
      errors.value = result.errors;
      return;
    }
    errors.value = {};
    saving.value = true;
    const outcome = await store.save_link(before.value, result.link);
    saving.value = false;
    await show(outcome, result.link.name);
  }

  async function show(outcome: Outcome, saved_name: string): Promise<void> {
    switch (outcome.kind) {
      case 'saved':
        onClose();
        return;
      case 'refused':
        // Reasons for the form's own fields stand beside them, the others above the form.
        errors.value = Object.fromEntries(
          outcome.errors
            .filter(error => is_field(error, saved_name))
            .map(error => [error.option, error.reason]),
        );
        message.value = outcome.errors.filter(error => !is_field(error, saved_name)).map(config_error_text);
        return;
      case 'conflict':
        message.value = [
          _(
            'The configuration was changed elsewhere in the meantime. Nothing was saved; what is there now has been loaded.',
          ),
        ];
        await load();
        return;
      case 'failed':
        message.value = [failure_text(outcome.failure)];
    }
  }

  const field = (option: keyof LinkForm, title: string, help: string, disabled = false) => (
    <Field
      key={option}
      option={option}
      title={title}
      help={help}
      value={form.value?.[option] ?? ''}
      reason={errors.value[option]}
      disabled={disabled || saving.value || form.value === null}
      onInput={text => typed(option, text)}
    />
  );

  return (
    <form
      class="cbi-section la-editor"
      data-editor={name ?? ''}
      onSubmit={event => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <h3 ref={heading} tabIndex={-1}>
        {name === null ? _('Add link') : fill(_('Link %s'), name)}
      </h3>
      <div aria-live="polite">
        {message.value.length > 0 && (
          <Banner name="editor" tone="error">
            {message.value.map(line => (
              <p key={line}>{line}</p>
            ))}
          </Banner>
        )}
      </div>
      {field(
        'interface',
        _('Interface'),
        _('Name of the uplink in Network → Interfaces, such as wan or wwan.'),
      )}
      {name === null &&
        field('name', _('Name'), _('How the link is called here: letters, digits and underscores.'))}
      {field(
        'weight',
        _('Weight'),
        _('Share relative to the other links, 1 to 256: about the speed in Mbit/s will do.'),
      )}
      {field(
        'probe',
        _('Probe targets'),
        _('IPv4 addresses that are pinged over this link to see whether it works; one answer is enough.'),
      )}
      <div class="la-editor-actions">
        <button type="button" class="btn cbi-button cbi-button-neutral" onClick={onClose}>
          {_('Cancel')}
        </button>{' '}
        <button
          type="submit"
          class="btn cbi-button cbi-button-positive important"
          disabled={saving.value || form.value === null}
          aria-busy={saving.value}
        >
          {_('Save')}
        </button>
      </div>
    </form>
  );
}

function is_field(error: { section: string; option: string }, name: string): boolean {
  return error.section === name && ['name', 'interface', 'weight', 'probe'].includes(error.option);
}

interface FieldProps {
  option: string;
  title: string;
  help: string;
  value: string;
  reason: string | undefined;
  disabled: boolean;
  onInput: (text: string) => void;
}

function Field({ option, title, help, value, reason, disabled, onInput }: FieldProps) {
  const id = `la-edit-${option}`;
  return (
    <div class={reason === undefined ? 'cbi-value' : 'cbi-value cbi-value-error'}>
      <label class="cbi-value-title" for={id}>
        {title}
      </label>
      <div class="cbi-value-field">
        <input
          id={id}
          type="text"
          class={reason === undefined ? 'cbi-input-text' : 'cbi-input-text cbi-input-invalid'}
          data-field={option}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={value}
          disabled={disabled}
          aria-invalid={reason !== undefined}
          aria-describedby={`${id}-help`}
          onInput={event => onInput(event.currentTarget.value)}
        />
        <div id={`${id}-help`}>
          {reason !== undefined && (
            <div class="la-reason" role="alert" data-error={option}>
              {_(reason)}
            </div>
          )}
          <div class="cbi-value-description">{help}</div>
        </div>
      </div>
    </div>
  );
}
