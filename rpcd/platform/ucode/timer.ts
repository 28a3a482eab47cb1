/** Timers of uloop. */

import { type LoopTimer, timer as uloop_timer } from 'ucode:uloop';
import type { Timer } from '../platform.ts';
import { guarded } from './guard.ts';

export function timer(delay_ms: number, callback: () => void): Timer {
  let pending: LoopTimer | null = null;
  let is_armed = true;
  const cancel = () => {
    if (pending !== null) pending.cancel();
    pending = null;
  };
  const call = guarded(callback);
  const fire = () => {
    is_armed = false;
    call();
    // ucode keeps a timer that has fired until it is cancelled.
    if (!is_armed) cancel();
  };
  pending = uloop_timer(delay_ms, fire);
  return {
    cancel,
    restart: delay_again_ms => {
      is_armed = true;
      if (pending === null) pending = uloop_timer(delay_again_ms, fire);
      else pending.set(delay_again_ms);
    },
  };
}
