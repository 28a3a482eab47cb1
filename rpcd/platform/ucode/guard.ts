/** An exception in a callback ends the whole event loop of ucode, so every callback goes through here. */

import { warn } from 'ucode:core';

export function guarded(callback: () => void): () => void {
  return () => {
    try {
      callback();
    } catch (error) {
      warn(`${(error as Error).message}\n`);
    }
  };
}
