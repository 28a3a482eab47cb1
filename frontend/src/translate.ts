/**
 * Translation of the page's texts. Every literal in `_('…')` and `N_(n, '…', '…')` is found by xgettext; at run
 * time LuCI's own functions look it up, and without LuCI the English text stays.
 */

export interface Translation {
  text: (english: string) => string;
  plural: (count: number, one: string, many: string) => string;
}

const english: Translation = {
  text: text => text,
  plural: (count, one, many) => (count === 1 ? one : many),
};

let translation = english;

/** What LuCI's cbi.js puts into the window, if it is there. */
export function luci_translation(window: object): Translation {
  const { _, N_ } = window as { _?: unknown; N_?: unknown };
  return {
    text: typeof _ === 'function' ? (_ as Translation['text']) : english.text,
    plural: typeof N_ === 'function' ? (N_ as Translation['plural']) : english.plural,
  };
}

/** Call before the first text is shown: nothing is translated again later. */
export function use_translation(wanted: Translation): void {
  translation = wanted;
}

export function _(text: string): string {
  return translation.text(text);
}

export function N_(count: number, one: string, many: string): string {
  return translation.plural(count, one, many);
}

/** Replace `%s` in order, or `%1$s`, `%2$s` where a language needs another order. */
export function fill(template: string, ...values: (string | number)[]): string {
  let next = 0;
  return template.replace(/%(?:(\d+)\$)?s/g, (_match, place: string | undefined) => {
    const index = place === undefined ? next++ : Number(place) - 1;
    return String(values[index] ?? '');
  });
}
