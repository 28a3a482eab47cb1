import { exists } from 'node:fs'; // refused: import-external, typescript
import { type Handle, open, readfile } from 'ucode:fs';
import { fixed } from './values'; // refused: import-extension
import * as values from './values.ts';
import plan from './values.ts'; // refused: import-default, typescript

export * from './regexps.ts'; // refused: re-export
export { fixed } from './values.ts'; // refused: re-export
export const handles: Handle[] = [];
export const all = ['a', 'b'].map(readfile); // refused: native-as-value
export const used = [open, exists, plan, fixed]; // refused: native-as-value, any
export const whole = values; // refused: module-as-value
export default 5; // refused: export-default
