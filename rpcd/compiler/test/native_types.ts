/** Declarations of native modules, as far as the tests of the compiler use them. */
export const NATIVE_TYPES = `
declare module 'ucode:fs' {
  export interface Handle {
    read(amount: number | 'line' | 'all'): string | null;
    write(text: string): number | null;
    close(): number | null;
  }
  export interface Stat {
    size: number;
    type: string;
  }
  export const stdin: Handle;
  export function open(path: string, mode?: string): Handle | null;
  export function popen(command: string, mode?: string): Handle | null;
  export function readfile(path: string, most?: number): string | null;
  export function writefile(path: string, text: string): number | null;
  export function stat(path: string): Stat | null;
  export function lsdir(path: string, pattern?: string | RegExp): string[] | null;
  export function unlink(path: string): boolean | null;
}
declare module 'ucode:core' {
  export const ARGV: string[];
  export function print(...values: unknown[]): number;
  export function sprintf(format: string, ...values: unknown[]): string;
  export function system(command: string | string[], timeout_ms?: number): number;
  export function time(): number;
  export function hexenc(text: string): string | null;
  export function type(value: unknown): string | null;
  export function exit(code: number): never;
}
`;
