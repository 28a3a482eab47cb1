import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign_slots } from '../src/plan/slots.ts';

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 7 });

test('a link keeps its slot through any sequence of added, removed and reordered links', () => {
  fc.assert(
    fc.property(fc.array(names, { maxLength: 6 }), history => {
      let slots: Record<string, number> = {};
      for (const links of history) {
        const before = slots;
        slots = assign_slots(links, before, 7);
        expect(new Set(Object.values(slots)).size).toBe(Object.keys(slots).length);
        for (const name of links) {
          expect(slots[name]).toBeGreaterThanOrEqual(1);
          expect(slots[name]).toBeLessThanOrEqual(7);
          if (name in before) expect(slots[name]).toBe(before[name]);
        }
      }
    }),
  );
});

test('slots that cannot be true (a broken or forged state file) are given out anew', () => {
  expect(assign_slots(['a', 'b', 'c'], { a: 2, b: 2, c: 99 }, 3)).toEqual({ a: 2, b: 1, c: 3 });
});

test('the slot of a removed link is given away only when there is no other', () => {
  const removed = assign_slots(['b'], { a: 1, b: 2 }, 3);
  expect(removed).toEqual({ b: 2, a: 1 });
  expect(assign_slots(['b', 'c'], removed, 3)).toEqual({ b: 2, a: 1, c: 3 });
  expect(assign_slots(['b', 'c', 'd'], { b: 2, a: 1, c: 3 }, 3)).toEqual({ b: 2, c: 3, d: 1 });
  expect(assign_slots(['b', 'c', 'a'], { b: 2, a: 1, c: 3 }, 3)).toEqual({ b: 2, c: 3, a: 1 });
});
