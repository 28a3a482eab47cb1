/** Comments and blank lines travel with the statement, property or element they stand at, or are left out. */
import ts from 'typescript';
import type { Context } from './context.ts';

/** The comments above a node, each on its own line at the current indentation, with at most one blank line.
 * The first `skipped` comments stand elsewhere already. */
export function leading(context: Context, node: ts.Node, first_in_block = false, skipped = 0): string {
  if (context.is_joined) return '';
  const text = context.file.text;
  const all = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const ranges = all.slice(skipped);
  let out = '';
  let position = all[skipped - 1]?.end ?? node.getFullStart();
  for (const range of ranges) {
    if (has_blank_line(text, position, range.pos) && !(first_in_block && out === '')) out += '\n';
    const comment = text.slice(range.pos, range.end);
    if (!is_directive(comment)) out += `${context.pad}${reindent(comment, context.pad)}\n`;
    position = range.end;
  }
  if (has_blank_line(text, position, node.getStart(context.file)) && !(first_in_block && out === ''))
    out += '\n';
  return out;
}

/** The comment that follows a node on its last line, with a space before it. */
export function trailing(context: Context, end: number): string {
  if (context.is_joined) return '';
  const ranges = ts.getTrailingCommentRanges(context.file.text, end) ?? [];
  const kept = ranges
    .map(range => context.file.text.slice(range.pos, range.end))
    .filter(text => !is_directive(text));
  return kept.map(text => ` ${reindent(text, context.pad)}`).join('');
}

/** Blank line between two positions, comments aside. */
function has_blank_line(text: string, from: number, to: number): boolean {
  return /\n[ \t]*\r?\n/.test(text.slice(from, to));
}

/** Messages to other tools mean nothing in the output. */
function is_directive(comment: string): boolean {
  return (
    /^\/[/*]\s*(@ts-|biome-|eslint-)/.test(comment) || comment.startsWith('///') || comment.startsWith('#!')
  );
}

export function reindent(comment: string, pad: string): string {
  return comment
    .split('\n')
    .map((line, i) => (i === 0 ? line.trimEnd() : `${pad} ${line.trim()}`.trimEnd()))
    .join('\n');
}

/** True when the source has a line break between two positions; the output then has one too. */
export function broken_between(context: Context, from: number, to: number): boolean {
  return context.file.text.slice(from, to).includes('\n');
}
