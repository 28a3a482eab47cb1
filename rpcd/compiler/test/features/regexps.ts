/** Regular expressions. */

const NAME = /^[a-z][a-z0-9_]{0,14}$/;
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(\/(\d{1,2}))?$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const PROTOCOL = /^(tcp|udp|tcpudp)$/;
const BLANKS = /\s+/;
const ODD = /[\]^\\/-]+/;

const RULES: Record<string, RegExp> = {
  number: /^-?[0-9]+$/,
  word: /^\w+$/,
};

export function is_name(text: string): boolean {
  return NAME.test(text);
}

export function parse_ipv4(text: string): (string | null)[] | null {
  const found = text.match(IPV4);
  if (found === null) return null;
  const [, a = '', b = '', c = '', d = '', , prefix = ''] = found;
  return [a, b, c, d, prefix];
}

export function is_mac(text: string): boolean {
  return MAC.test(text);
}

export function is_protocol(text: string): boolean {
  return PROTOCOL.test(text);
}

export function words(text: string): string[] {
  return text.trim().split(BLANKS);
}

export function fields(text: string): string[] {
  return text.split(/[:,]/);
}

export function key_value(text: string): string[] {
  const found = /^([a-z_]+)\s*=\s*(.*)$/.exec(text);
  return found === null ? [] : [found[1] ?? '', found[2] ?? ''];
}

export function checked(kind: string, text: string): boolean | null {
  return RULES[kind]?.test(text) ?? null;
}

export function matching(pattern: string, text: string): boolean {
  const rule = RULES[pattern];
  return rule !== undefined && matches(rule, text);
}

function matches(rule: RegExp, text: string): boolean {
  return rule.test(text);
}

export function replaced(text: string): string[] {
  return [
    text.replace(/[0-9]+/, '#'),
    text.replace(/[0-9]+/g, '#'),
    text.replaceAll(/[^a-z0-9]+/g, '_'),
    text.replace(/([a-z])([0-9])/g, '$2$1'),
    text.replace(/[a-z]/g, letter => letter.toUpperCase()),
    text.replace(/([a-z])([0-9])/g, (_, letter: string, digit: string) => `${digit}-${letter}`),
  ];
}

export function odd(text: string): string[] {
  return [text.replace(ODD, '!'), text.replace(/[.*+?(){}|$]/g, '!')];
}

export function first_number(text: string): string {
  return /[0-9]+/.exec(text)?.[0] ?? '';
}

export function lines(text: string): boolean[] {
  return [
    /^b/.test(text),
    /a$/.test(text),
    /a.+b/.test(text),
    /a[^x]+b/.test(text),
    /^a\nb$/.test(text),
    /a.+b/s.test(text),
  ];
}

export function edges(text: string): boolean[] {
  return [
    /\bwan\b/.test(text),
    /^$/.test(text),
    /(a|b)*c/.test(text),
    /x{2,3}y/.test(text),
    /^(?:ab)+$/.test(text),
  ];
}

export function optional_group(text: string): (string | null)[] {
  const found = /^([a-z]+)(@([a-z0-9]+))?$/.exec(text);
  return found === null ? [] : [found[1] ?? null, found[3] ?? null];
}

export function accented(text: string): boolean[] {
  return [/é/.test(text), /^[^/]+$/.test(text), /^\S+$/.test(text)];
}
