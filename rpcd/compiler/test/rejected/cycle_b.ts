import { a } from './cycle_a.ts'; // refused: import-cycle

export const b = (): number => a();
