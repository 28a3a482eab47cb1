import { b } from './cycle_b.ts';

export const a = (): number => b();
