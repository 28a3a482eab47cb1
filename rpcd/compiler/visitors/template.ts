/** Template literals, and the text of single values (`${x}`, `a + b`, `String(x)`). */
import ts from 'typescript';
import { at, type Code, call, Level, primary } from '../code.ts';
import type { Context } from '../context.ts';
import { fact } from '../integers.ts';
import { describe_kinds, Kind, only } from '../kinds.ts';

export function template(
  context: Context,
  node: ts.TemplateExpression | ts.NoSubstitutionTemplateLiteral,
): Code {
  if (ts.isNoSubstitutionTemplateLiteral(node)) return primary(`\`${template_text(context, node)}\``);
  let text = template_text(context, node.head);
  for (const span of node.templateSpans) {
    text += `\${${span_text(context, span.expression).text}}${template_text(context, span.literal)}`;
  }
  return primary(`\`${text}\``);
}

/** The fixed part between two spans, escaped again for ucode's lexer. */
function template_text(context: Context, node: ts.TemplateLiteralLikeNode): string {
  const cooked = node.text;
  if (cooked.includes('\0')) context.report(node, 'string-nul');
  const has_line_breaks = node.getText(context.file).includes('\n');
  let text = '';
  for (let i = 0; i < cooked.length; i++) {
    const char = cooked.charAt(i);
    const unit = cooked.charCodeAt(i);
    if (char === '\\' || char === '`') text += `\\${char}`;
    else if (char === '$' && (cooked[i + 1] === '{' || i === cooked.length - 1)) text += '\\$';
    else if (char === '\n') text += has_line_breaks ? '\n' : '\\n';
    else if (char === '\t') text += '\\t';
    else if (unit < 0x20 || unit === 0x7f) text += `\\u${unit.toString(16).padStart(4, '0')}`;
    else text += char;
  }
  return text;
}

/** A value inside a template: ucode converts strings, booleans, null and integers as JavaScript does. */
function span_text(context: Context, node: ts.Expression): Code {
  const value = context.expression(node);
  if (context.native) return value;
  const kinds = context.kinds(node);
  if (only(kinds, Kind.String | Kind.Boolean | Kind.Null)) return value;
  if (only(kinds, Kind.Number) && fact(context, node).integer) return value;
  if (only(kinds, Kind.String | Kind.Boolean | Kind.Null | Kind.Number))
    return call(context.runtime('str'), value);
  return context.refuse(node, 'text-of', describe_kinds(kinds));
}

/** The value as a string of its own. */
export function text_of(context: Context, node: ts.Expression): Code {
  const kinds = context.kinds(node);
  const value = context.expression(node);
  if (only(kinds, Kind.String)) return value;
  if (only(kinds, Kind.String | Kind.Boolean | Kind.Null | Kind.Number))
    return call(context.runtime('str'), value);
  return context.refuse(node, 'text-of', describe_kinds(kinds));
}

/** An operand of a string concatenation; the other side is a string already. */
export function concatenated(context: Context, node: ts.Expression): Code {
  const piece = span_text(context, node);
  return { text: at(piece, Level.Add), level: Level.Add };
}
