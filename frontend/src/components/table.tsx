/** A plain table whose rows become cards on a phone. */

import type { ComponentChildren } from 'preact';
import { _ } from '../translate.ts';

/** `titles` are those of the columns; null is one of buttons, whose title only screen readers need. */
export function Table({
  kind,
  titles,
  children,
}: {
  kind: string;
  titles: (string | null)[];
  children: ComponentChildren;
}) {
  return (
    <table class={`table la-${kind}`}>
      <thead>
        <tr class="tr table-titles">
          {titles.map(title => (
            <th key={title} class="th" scope="col">
              {title ?? <span class="la-hidden">{_('Actions')}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
