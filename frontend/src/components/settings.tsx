/** The global options, closed at first: most routers never need them. */

import { useSignal } from '@preact/signals';
import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import { GLOBALS } from '../store/sections.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { stickiness_text } from '../words/balance.ts';
import { router_traffic_text } from '../words/fields.ts';
import { Fold } from './fold.tsx';
import { SectionEditor } from './section_editor.tsx';

export interface SettingsProps {
  store: Store;
  config: Config;
  read_only: boolean;
}

export function Settings({ store, config, read_only }: SettingsProps) {
  const open = useSignal(false);
  const { router_traffic, router_link } = config.globals;
  const router =
    router_traffic === 'link' ? fill(_('over %s'), router_link) : router_traffic_text(router_traffic);
  return (
    <Fold
      name="settings"
      title={_('Settings')}
      summary={`${stickiness_text(config.globals)}; ${fill(_('traffic of the router: %s'), router)}`}
      open={open}
    >
      <SectionEditor
        store={store}
        type={GLOBALS}
        name={GLOBALS}
        read_only={read_only}
        onClose={() => {
          open.value = false;
        }}
      />
    </Fold>
  );
}
