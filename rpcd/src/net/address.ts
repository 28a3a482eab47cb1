/** IPv4 and IPv6 addresses as text: checks only, no resolving. */

/** Dotted quad as inet_pton accepts it: four decimal numbers 0–255 without leading zeros. */
export function is_ipv4(text: string): boolean {
  const parts = text.split('.');
  if (parts.length !== 4) return false;
  return parts.every(part => /^(0|[1-9][0-9]{0,2})$/.test(part) && decimal(part) <= 255);
}

/** IPv6 as inet_pton accepts it, without zone: groups of 1–4 hex digits, at most one `::`, optional dotted tail. */
export function is_ipv6(text: string): boolean {
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const compressed = halves.length === 2;
  const head = groups(halves[0] ?? '');
  const tail = compressed ? groups(halves[1] ?? '') : [];
  const all = head.concat(tail);

  let count = all.length;
  for (const [index, group] of all.entries()) {
    if (index === all.length - 1 && group.includes('.')) {
      if (!is_ipv4(group)) return false;
      count += 1;
    } else if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      return false;
    }
  }
  return compressed ? count <= 7 : count === 8;
}

export function is_ip(text: string): boolean {
  return is_ipv4(text) || is_ipv6(text);
}

/** Decimal digits to a number; the caller has checked that there is nothing else and no overflow. */
export function decimal(digits: string): number {
  let value = 0;
  for (let i = 0; i < digits.length; i++) value = value * 10 + (digits.charCodeAt(i) - 48);
  return value;
}

function groups(half: string): string[] {
  return half === '' ? [] : half.split(':');
}
