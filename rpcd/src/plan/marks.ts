/**
 * Layout of the mark bits. The highest bit of the mask tells a proposal from a pin, the others hold the slot
 * number of the link (1 … slots_max). Zero means: not ours to decide.
 */

export interface MarkLayout {
  /** All bits of ours, as an unsigned number. */
  mask: number;
  /** Value of the lowest bit: a slot number times this is its mark. */
  unit: number;
  /** Highest slot number that fits. */
  slots_max: number;
  /** Bits that hold the slot number. */
  slot_mask: number;
  /** The bit that makes a mark a proposal; alone, it asks who else decides about a packet. */
  proposal: number;
}

/** Parse `0x…`; null unless it is 2 to 7 neighbouring bits of 32. */
export function mark_layout(text: string): MarkLayout | null {
  if (!/^0x[0-9a-fA-F]{1,8}$/.test(text)) return null;
  const mask = Number.parseInt(text.slice(2), 16);
  if (mask === 0) return null;
  let unit = 1;
  while (Math.floor(mask / unit) % 2 === 0) unit *= 2;
  const field = Math.floor(mask / unit);
  let bits = 0;
  let rest = field;
  while (rest % 2 === 1) {
    bits += 1;
    rest = Math.floor(rest / 2);
  }
  if (rest !== 0 || bits < 2 || bits > 7) return null;
  const slot_values = 2 ** (bits - 1);
  return {
    mask,
    unit,
    slots_max: slot_values - 1,
    slot_mask: (slot_values - 1) * unit,
    proposal: slot_values * unit,
  };
}

/** Mark of a connection pinned to the link in `slot`. */
export function pinned_mark(layout: MarkLayout, slot: number): number {
  return slot * layout.unit;
}

/**
 * Mark of a packet that goes by the main table, as without linkagg: a proposal for the last slot, which no link has
 * while a policy uses this.
 */
export function main_mark(layout: MarkLayout): number {
  return proposed_mark(layout, layout.slots_max);
}

/** Slot of a connection with this mark; null when it is not pinned. */
export function slot_of(layout: MarkLayout, mark: number): number | null {
  const slot = Math.floor(mark / layout.unit) % (2 * (layout.slots_max + 1));
  return slot >= 1 && slot <= layout.slots_max ? slot : null;
}

/** Mark of a packet for which the balancer proposes the link in `slot`. */
export function proposed_mark(layout: MarkLayout, slot: number): number {
  return layout.proposal + slot * layout.unit;
}

/** Everybody else's bits, as the operand that keeps them. */
export function keep_text(layout: MarkLayout): string {
  return mark_text(4294967295 - layout.mask);
}

/** A mark as the kernel prints it: hexadecimal with eight digits. */
export function mark_text(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** A packet mark of somebody else's, and the bits of it that are looked at. */
export interface MaskedMark {
  value: number;
  mask: number;
}

/** Parse `0x…/0x…`; null unless both are numbers of 32 bits, and the mask has all bits of the mark. */
export function masked_mark(text: string): MaskedMark | null {
  if (!/^0x[0-9a-fA-F]{1,8}\/0x[0-9a-fA-F]{1,8}$/.test(text)) return null;
  const [value = 0, mask = 0] = text.split('/').map(number => Number.parseInt(number.slice(2), 16));
  const inside = halves(value).every((half, index) => (half & (halves(mask)[index] ?? 0)) === half);
  return mask > 0 && inside ? { value, mask } : null;
}

/** The two masks have bits in common. */
export function masks_overlap(a: number, b: number): boolean {
  return halves(a).some((half, index) => (half & (halves(b)[index] ?? 0)) !== 0);
}

/** Sixteen bits each: numbers with the highest of 32 bits are negative for some. */
function halves(value: number): number[] {
  return [Math.floor(value / 65536), value % 65536];
}
