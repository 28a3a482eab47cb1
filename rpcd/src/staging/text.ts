/** What two states of a UCI package differ in, as `uci changes` words it. Values that nobody should see are hidden. */

import type { UciSection } from '../../platform/platform.ts';

/** Accounts, passwords and keys of any package: a session can have staged more than what is ours. */
const SECRET = /key|user|pass|secret|psk|pin/;
const HIDDEN = '(hidden)';

/** One line for each change; none when both say the same. */
export function changes_text(config: string, before: UciSection[], after: UciSection[]): string[] {
  const lines: string[] = [];
  for (const section of before) {
    if (!after.some(each => each.name === section.name)) lines.push(`-${config}.${section.name}`);
  }
  for (const section of after) {
    const old = before.find(each => each.name === section.name) ?? null;
    const path = `${config}.${section.name}`;
    if (old === null || old.type !== section.type) lines.push(`${path}='${section.type}'`);
    const options = old === null ? {} : old.options;
    for (const option of Object.keys(options)) {
      if (!Object.hasOwn(section.options, option)) lines.push(`-${path}.${option}`);
    }
    for (const option of Object.keys(section.options)) {
      const was = Object.hasOwn(options, option) ? (options[option] ?? null) : null;
      lines.push(...option_text(`${path}.${option}`, option, was, section.options[option] ?? ''));
    }
  }
  return lines;
}

function option_text(
  path: string,
  option: string,
  before: string | string[] | null,
  after: string | string[],
): string[] {
  const shown = (text: string) => (is_secret(option) ? HIDDEN : `'${text}'`);
  if (!Array.isArray(after)) return before === after ? [] : [`${path}=${shown(after)}`];
  const old = before === null ? [] : Array.isArray(before) ? before : before.split(' ');
  return [
    ...old.filter(item => !after.includes(item)).map(item => `${path}-=${shown(item)}`),
    ...after.filter(item => !old.includes(item)).map(item => `${path}+=${shown(item)}`),
  ];
}

function is_secret(option: string): boolean {
  return SECRET.test(option) && option !== 'public_key';
}
