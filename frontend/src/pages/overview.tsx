/** The page. */

import { useMemo } from 'preact/hooks';
import type { Config } from '../../../rpcd/src/config/schema.gen.ts';
import { Banners, NoticeArea } from '../components/banners.tsx';
import { GroupsTable } from '../components/groups_table.tsx';
import { LinksTable } from '../components/links_table.tsx';
import { NatTable } from '../components/nat_table.tsx';
import { PoliciesTable } from '../components/policies_table.tsx';
import { PolicyPresets } from '../components/policy_presets.tsx';
import { Ports } from '../components/ports.tsx';
import { SectionList } from '../components/section_list.tsx';
import { Settings } from '../components/settings.tsx';
import { StagedBar } from '../components/staged_bar.tsx';
import { StickyList } from '../components/sticky_list.tsx';
import { Summary } from '../components/summary.tsx';
import { Tunnels } from '../components/tunnels.tsx';
import { is_final } from '../store/polling.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';

export function Overview({ store }: { store: Store }) {
  const shown = store.shown.value;
  const { failure, failures } = store.connection.value;
  const over = failure !== null && is_final(failure);
  const read_only = store.may_write.value !== true || over;
  const config = shown?.config ?? null;
  // A status every second is no reason to go through a thousand policies.
  const configured = useMemo(
    () => config !== null && <Configured store={store} config={config} read_only={read_only} />,
    [store, config, read_only],
  );

  return (
    <div class="cbi-map linkagg" data-stale={failures > 1 || over ? '' : undefined}>
      <h2>{_('Link Aggregation')}</h2>
      <div class="cbi-map-descr">
        {_(
          'Several uplinks work as one: new connections are spread over the links, and a link that stops working gets no more of them.',
        )}
      </div>
      <Banners store={store} />
      {shown === null ? (
        failure === null && <Skeleton />
      ) : (
        <>
          <Summary store={store} shown={shown} read_only={read_only} />
          <SectionList store={store} type="link" title={_('Links')} read_only={read_only}>
            {edit => <LinksTable store={store} shown={shown} read_only={read_only} onEdit={edit} />}
          </SectionList>
          <Tunnels store={store} shown={shown} read_only={read_only} />
          <Ports store={store} shown={shown} read_only={read_only} />
          {configured}
        </>
      )}
      {/* At the bottom edge of the window, wherever on the page something was changed. */}
      <div class="la-notice">
        <NoticeArea store={store} />
        <StagedBar store={store} read_only={read_only} />
      </div>
    </div>
  );
}

/** What only the configuration knows. While that has errors there is nothing to show; a banner lists them. */
function Configured({ store, config, read_only }: { store: Store; config: Config; read_only: boolean }) {
  const sticky = [config.globals, ...config.group].some(balance => balance.sticky !== 'none');
  return (
    <>
      <SectionList store={store} type="policy" title={_('Policies')} read_only={read_only}>
        {(edit, add) => (
          <>
            <PoliciesTable store={store} config={config} read_only={read_only} onEdit={edit} />
            <PolicyPresets config={config} read_only={read_only} onAdd={add} />
          </>
        )}
      </SectionList>
      <SectionList store={store} type="group" title={_('Groups')} read_only={read_only}>
        {edit => <GroupsTable store={store} config={config} read_only={read_only} onEdit={edit} />}
      </SectionList>
      <SectionList store={store} type="nat" title={_('NAT rules')} read_only={read_only}>
        {edit => <NatTable store={store} config={config} read_only={read_only} onEdit={edit} />}
      </SectionList>
      {sticky && <StickyList store={store} read_only={read_only} />}
      <Settings store={store} config={config} read_only={read_only} />
    </>
  );
}

/** Takes the room the page will need. */
function Skeleton() {
  return (
    <div class="la-skeleton" data-banner="loading">
      <span class="la-hidden" role="status">
        {_('Loading …')}
      </span>
      <div class="cbi-section la-ghost la-ghost-summary" />
      <div class="cbi-section la-ghost la-ghost-table" />
    </div>
  );
}
