/** Searching compares too, so null and undefined must not meet there either. */
import { Kind } from '../kinds.ts';
import type { LibraryCall } from './builtin.ts';

export function check_nullish_elements(c: LibraryCall, elements: number): void {
  const wanted = c.kinds(0);
  if (
    (elements & Kind.Null && wanted & Kind.Undefined) ||
    (elements & Kind.Undefined && wanted & Kind.Null)
  ) {
    c.context.report(c.node, 'nullish-comparison');
  }
}
