/** Links, groups, policies and NAT rules as lists of the configuration, and what an edit makes of them. Pure. */

import type { Field } from '../../../rpcd/src/config/field.ts';
import {
  type Config,
  type Globals,
  type Group,
  globals_fields,
  type Link,
  type Nat,
  type Policy,
} from '../../../rpcd/src/config/schema.gen.ts';
import { GLOBALS_SECTION, SECTION_KINDS } from '../../../rpcd/src/config/validate.ts';

/** Types of sections there can be any number of. */
export interface Sections {
  link: Link;
  group: Group;
  policy: Policy;
  nat: Nat;
}
export type SectionType = keyof Sections;

/** Everything that has a form: the sections, and the one with the global options. */
export interface Edited extends Sections {
  globals: Globals;
}
export type EditedType = keyof Edited;

export const GLOBALS = GLOBALS_SECTION;

export function fields_of(type: EditedType): Field[] {
  return SECTION_KINDS.find(kind => kind.type === type)?.fields ?? globals_fields;
}

/** Undefined when there is no such section. */
export function section_of<T extends EditedType>(
  config: Config,
  type: T,
  name: string,
): Edited[T] | undefined {
  const all: Edited[EditedType] | Edited[SectionType][] = config[type];
  const found = Array.isArray(all) ? all.find(section => section.name === name) : all;
  return found as Edited[T] | undefined;
}

export function with_sections<T extends SectionType>(
  config: Config,
  type: T,
  edit: (list: Sections[T][]) => Sections[T][],
): Config {
  // TypeScript does not see that `config[type]` is a list of just that type.
  return { ...config, [type]: edit(config[type] as Sections[SectionType][] as Sections[T][]) };
}

interface Named {
  name: string;
}

/** `list` with `section` in it: at `index`, or where it is already, or at the end when it is new. */
export function placed<S extends Named>(list: S[], section: S, index: number | null = null): S[] {
  const others = list.filter(other => other.name !== section.name);
  const old = list.findIndex(other => other.name === section.name);
  const at = index ?? (old < 0 ? others.length : old);
  return [...others.slice(0, at), section, ...others.slice(at)];
}

/** `base`, or with the first number behind it that makes it the name of no section. */
export function free_name(config: Config, base: string): string {
  const taken = [...config.link, ...config.group, ...config.policy, ...config.nat].map(({ name }) => name);
  let name = base;
  for (let number = 2; taken.includes(name); number++) name = `${base}${number}`;
  return name;
}

/** `list` with the section of that name right before its neighbour (`offset` -1) or right after it (1). */
export function moved<S extends Named>(list: S[], name: string, neighbour: string, offset: -1 | 1): S[] {
  const section = list.find(one => one.name === name);
  const at = list.filter(one => one.name !== name).findIndex(one => one.name === neighbour);
  return section === undefined || at < 0 ? list : placed(list, section, offset < 0 ? at : at + 1);
}
