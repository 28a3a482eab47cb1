/** IPv4 addresses as text: checks only, no resolving. */

/** Dotted quad as inet_pton accepts it: four decimal numbers 0–255 without leading zeros. */
export function is_ipv4(text: string): boolean {
  const parts = text.split('.');
  if (parts.length !== 4) return false;
  return parts.every(part => /^(0|[1-9][0-9]{0,2})$/.test(part) && decimal(part) <= 255);
}

/** Decimal digits to a number; the caller has checked that there is nothing else and no overflow. */
export function decimal(digits: string): number {
  let value = 0;
  for (let i = 0; i < digits.length; i++) value = value * 10 + (digits.charCodeAt(i) - 48);
  return value;
}
