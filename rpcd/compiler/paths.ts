/** Where compiled modules are installed, and how they name each other in imports. */
import { posix } from 'node:path';

/**
 * Source folder (relative to the source root) → folder below the installed module directory. The longest match
 * counts, so `rpcd/platform/ucode/fs.ts` becomes `platform/fs.uc`.
 */
export type Mapping = Readonly<Record<string, string>>;

export const DEFAULT_MAPPING: Mapping = {
  'rpcd/src': '',
  'rpcd/platform': 'platform',
  'rpcd/platform/ucode': 'platform',
  'rpcd/compiler/runtime': 'rt',
};

/** Installed path of a module below the module directory, without extension; undefined outside the mapping. */
export function module_path(mapping: Mapping, source: string): string | undefined {
  let best: string | undefined;
  for (const folder of Object.keys(mapping)) {
    if (source.startsWith(`${folder}/`) && folder.length > (best?.length ?? -1)) best = folder;
  }
  if (best === undefined) return undefined;
  return posix.join(mapping[best] ?? '', source.slice(best.length + 1).replace(/\.ts$/, ''));
}

/** `./plan.uc`, `../net/address.uc`: a path with a slash is relative to the importing file. */
export function relative_import(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return `${path.startsWith('.') ? path : `./${path}`}.uc`;
}

/** `linkagg.net.address`: searched in /usr/share/ucode and in -L folders. */
export function dotted_import(prefix: string, to: string): string {
  return [prefix, ...to.split('/')].join('.');
}
