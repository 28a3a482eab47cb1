/**
 * Writes `rpcd/src/config/schema.gen.ts` from the zod schema: TypeScript types, and one table of fields per
 * section type that `rpcd/src/config/validate.ts` interprets.
 *
 *     make schema
 */

import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  config_schema,
  globals_schema,
  group_schema,
  link_schema,
  nat_schema,
  policy_schema,
} from './config.ts';

/** The part of JSON Schema that zod emits for our schema. */
interface JsonSchema {
  type?: string;
  enum?: string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  default?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
}

/** The generated file's text. */
export function generated_schema(): string {
  const sections = {
    globals: json_schema(globals_schema),
    link: json_schema(link_schema),
    group: json_schema(group_schema),
    policy: json_schema(policy_schema),
    nat: json_schema(nat_schema),
  };
  const whole = json_schema(config_schema);

  const out = [
    '/* Generated from frontend/schema/config.ts by `make schema`; edit that file instead. */',
    '',
    "import type { Field } from './field.ts';",
    '',
  ];
  for (const [type, schema] of Object.entries(sections)) {
    out.push(`export interface ${capital(type)} {`);
    for (const [option, field] of Object.entries(schema.properties ?? {})) {
      if (field.description !== undefined) out.push(`  /** ${field.description} */`);
      out.push(`  ${option}: ${type_text(field)};`);
    }
    out.push('}', '');
  }
  const kinds = Object.keys(sections).filter(type => type !== 'globals');
  out.push(
    'export interface Config {',
    '  globals: Globals;',
    ...kinds.map(type => `  ${type}: ${capital(type)}[];`),
    '}',
    '',
    '/** Most sections of each type in one configuration. */',
    'export const SECTIONS_MAX = {',
    ...kinds.map(type => `  ${type}: ${items_max(whole, type)},`),
    '};',
    '',
  );
  for (const [type, schema] of Object.entries(sections)) {
    out.push(`export const ${type}_fields: Field[] = [`);
    for (const [option, field] of Object.entries(schema.properties ?? {})) {
      out.push(`  ${field_text(option, field)},`);
    }
    out.push('];', '');
  }
  return out.join('\n');
}

function items_max(whole: JsonSchema, type: string): number {
  const max = whole.properties?.[type]?.maxItems;
  if (max === undefined) throw new Error(`the schema sets no limit on sections of type ${type}`);
  return max;
}

function json_schema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { unrepresentable: 'throw' }) as JsonSchema;
}

function type_text(field: JsonSchema): string {
  if (field.type === 'array') return `${type_text(field.items ?? {})}[]`;
  if (field.enum !== undefined) return field.enum.map(value => `'${value}'`).join(' | ');
  return field.type === 'integer' ? 'number' : (field.type ?? 'never');
}

function field_text(option: string, field: JsonSchema): string {
  const item = field.type === 'array' ? (field.items ?? {}) : field;
  const kind = field.type === 'array' ? 'list' : field.enum !== undefined ? 'enum' : field.type;
  const parts = [`option: '${option}'`, `kind: '${kind}'`];
  if (kind === 'integer') parts.push(`min: ${field.minimum}`, `max: ${field.maximum}`);
  if (kind === 'list') parts.push(`items_min: ${field.minItems ?? 0}`, `items_max: ${field.maxItems}`);
  if (kind === 'enum') parts.push(`values: [${(field.enum ?? []).map(value => `'${value}'`).join(', ')}]`);
  if (kind === 'string' || kind === 'list') parts.push(`format: '${item.format}'`);
  parts.push(`fallback: ${literal(field.default)}`);
  return `{ ${parts.join(', ')} }`;
}

function literal(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const [, , target] = process.argv;
if (target !== undefined && target.endsWith('schema.gen.ts')) writeFileSync(target, generated_schema());
