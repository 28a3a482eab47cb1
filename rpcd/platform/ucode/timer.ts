/** Timers of uloop. */

import { type LoopTimer, timer as uloop_timer } from 'ucode:uloop';
import type { Timer } from '../platform.ts';
import { guarded } from './guard.ts';

export function timer(delay_ms: number, callback: () => void): Timer {
  let pending: LoopTimer | null = null;
  // ucode keeps a timer that has fired until it is cancelled.
  const cancel = () => {
    if (pending !== null) pending.cancel();
    pending = null;
  };
  const fire = guarded(() => {
    cancel();
    callback();
  });
  pending = uloop_timer(delay_ms, fire);
  return {
    cancel,
    restart: delay_again_ms => {
      cancel();
      pending = uloop_timer(delay_again_ms, fire);
    },
  };
}
