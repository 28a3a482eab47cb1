/** WireGuard keys: 32 octets in base64. */

/** 44 characters; the last one before `=` carries four bits of the 32 octets, and two that must be zero. */
export function is_key(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);
}

/** What is wrong with a key, for its owner. */
export const KEY_REASON = 'must be a WireGuard key: 44 characters of base64, as `wg genkey` prints it';
