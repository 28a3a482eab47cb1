/** One option of a section type, as the generated tables describe it. */

import type { Format } from './formats.ts';

/** `fallback` is the value of an option that is not given; null when it must be given. */
export type Field =
  | { option: string; kind: 'boolean'; fallback: boolean | null }
  | { option: string; kind: 'integer'; min: number; max: number; fallback: number | null }
  | { option: string; kind: 'enum'; values: string[]; fallback: string | null }
  | { option: string; kind: 'string'; format: Format; fallback: string | null }
  | {
      option: string;
      kind: 'list';
      format: Format;
      items_min: number;
      items_max: number;
      fallback: string[] | null;
    };
