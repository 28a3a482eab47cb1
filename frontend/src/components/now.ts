/** The time, for what counts seconds. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** `Date.now()`, renewed every second while `wanted`. */
export function useNow(wanted: boolean): number {
  const now_ms = useSignal(Date.now());
  useEffect(() => {
    if (!wanted) return;
    now_ms.value = Date.now();
    const timer = setInterval(() => {
      now_ms.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [wanted]);
  return now_ms.value;
}
