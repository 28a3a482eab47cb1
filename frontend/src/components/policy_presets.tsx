/** What many want a policy for, as a start for the editor. */

import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import { free_name } from '../store/sections.ts';
import { _ } from '../translate.ts';
import type { NewSection } from './section_list.tsx';

export interface PolicyPresetsProps {
  config: Config;
  read_only: boolean;
  onAdd: (steps: NewSection[]) => void;
}

/** Without web pages (QUIC), which have no need of the quickest link and much to move. */
const NOT_QUIC = ['1-442', '444-65535'];

export function PolicyPresets({ config, read_only, onAdd }: PolicyPresetsProps) {
  const policy = (base: string, values: object): NewSection => ({
    type: 'policy',
    values: { name: free_name(config, base), ...values },
  });

  function quickest(): NewSection[] {
    const there = config.group.find(({ mode }) => mode === 'latency')?.name;
    const name = there ?? free_name(config, 'quickest');
    const group = { name, link: config.link.map(link => link.name), mode: 'latency' };
    return [
      ...(there === undefined ? [{ type: 'group' as const, values: group }] : []),
      policy('realtime', { protocol: ['udp'], destination_port: NOT_QUIC, target: name }),
    ];
  }

  const presets: Record<string, [string, () => NewSection[]]> = {
    protocols: [
      _('UDP one way, TCP another'),
      () => ['udp', 'tcp'].map(protocol => policy(protocol, { protocol: [protocol] })),
    ],
    host: [_('One device on one link'), () => [policy('device', {})]],
    quickest: [_('Games and calls by the quickest link'), quickest],
  };
  return (
    <p>
      {_('To start with:')}{' '}
      {Object.entries(presets).map(([name, [text, steps]]) => (
        <span key={name}>
          <button
            type="button"
            class="btn cbi-button cbi-button-neutral"
            data-preset={name}
            disabled={read_only}
            onClick={() => onAdd(steps())}
          >
            {text}
          </button>{' '}
        </span>
      ))}
    </p>
  );
}
