/** Size limits of what is installed. A router with 16 MB of flash has about 1 MB to spare. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { files_under } from './stage.ts';

/**
 * What a router with 16 MB of flash can spare. A KB has 1,000 bytes here. 100 KB were enough for balancing and health
 * alone (96 KB); tunnels, links from one port, PCs as links, NAT rules and policies of the router's own came after that.
 */
export const IPK_BYTES_MAX = 128_000;
export const PAGE_GZIP_BYTES_MAX = 60_000;

/** Bytes of the page's scripts and styles in an install tree when each is compressed with gzip. */
export function page_gzip_bytes(install_tree: string): number {
  let bytes = 0;
  for (const path of files_under(join(install_tree, 'www'))) {
    if (/\.(js|css)$/.test(path)) {
      bytes += gzipSync(readFileSync(join(install_tree, 'www', path)), { level: 9 }).length;
    }
  }
  return bytes;
}

/** What is too big, one sentence each; empty when all is within its limit. */
export function over_budget(ipk_bytes: number, page_bytes: number): string[] {
  const sentences: string[] = [];
  if (ipk_bytes > IPK_BYTES_MAX) {
    sentences.push(`The package has ${ipk_bytes} bytes, ${ipk_bytes - IPK_BYTES_MAX} more than allowed.`);
  }
  if (page_bytes > PAGE_GZIP_BYTES_MAX) {
    sentences.push(
      `The page has ${page_bytes} bytes gzip, ${page_bytes - PAGE_GZIP_BYTES_MAX} more than allowed.`,
    );
  }
  return sentences;
}
