/** How a link does whose interface is made here, and whether it is as shown only when the changes are applied. */

import type { Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { state_text } from '../words/link_state.ts';

export interface StagedStateProps {
  store: Store;
  shown: Shown;
  /** Empty when there is none. */
  link: string;
  interface: string;
}

export function StagedState({ store, shown, link: name, interface: interface_name }: StagedStateProps) {
  const link = shown.links.find(each => each.name === name);
  const { reply, phase } = store.staging.view.value;
  const staged = phase === 'applying' ? [] : (reply?.staged ?? []).flatMap(({ changes }) => changes);
  const about = ['.', '=', '_peer', '_dev'].map(end => `network.${interface_name}${end}`);
  const changed = staged.some(line => [...about, `linkagg.${name}.`].some(path => line.includes(path)));
  return (
    <>
      {link !== undefined && (
        <span class={`la-state la-state-${link.state ?? 'unknown'}`} data-field="state">
          {state_text(link.state)}
        </span>
      )}
      {link === undefined && name === '' && <span class="la-muted">{_('no link')}</span>}
      {changed && <span class="la-muted"> {_('not applied yet')}</span>}
    </>
  );
}
