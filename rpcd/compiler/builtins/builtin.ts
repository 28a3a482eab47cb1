/** One call of a library function, as the builtin files see it. */
import ts from 'typescript';
import { at, type Code, call, Level, primary } from '../code.ts';
import type { Context } from '../context.ts';
import { element_text } from '../visitors/literal.ts';
import { value_unused } from '../visitors/unused.ts';

export type Builtin = (call: LibraryCall) => Code;

export class LibraryCall {
  constructor(
    readonly context: Context,
    readonly node: ts.CallExpression,
    readonly receiver: ts.Expression | undefined,
    readonly name: string,
  ) {}

  get count(): number {
    return this.node.arguments.length;
  }

  has(i: number): boolean {
    return i < this.count;
  }

  argument(i: number): ts.Expression {
    const argument = this.node.arguments[i];
    if (argument === undefined || ts.isSpreadElement(argument)) {
      this.refuse(`argument ${i + 1} is missing or spread`);
      return ts.factory.createNull();
    }
    return argument;
  }

  /** Argument as emitted, ready to stand between commas. */
  value(i: number): Code {
    const argument = this.node.arguments[i];
    if (argument === undefined || ts.isSpreadElement(argument)) {
      return this.refuse(`argument ${i + 1} is missing or spread`);
    }
    return this.context.expression(argument);
  }

  /** Argument as an operand of a unary operator. */
  atom(i: number): string {
    return at(this.value(i), Level.Unary);
  }

  kinds(i: number): number {
    const argument = this.node.arguments[i];
    return argument === undefined ? 0 : this.context.kinds(argument);
  }

  self(): Code {
    return this.receiver === undefined ? primary('null') : this.context.expression(this.receiver);
  }

  /** All arguments as written, spreads included. */
  all(): Code[] {
    return this.node.arguments.map(argument => ({
      text: element_text(this.context, argument),
      level: Level.Assign,
    }));
  }

  unused(): boolean {
    return value_unused(this.context, this.node);
  }

  /** Call of a runtime function. */
  runtime(name: string, ...args: Code[]): Code {
    return call(this.context.runtime(name), ...args);
  }

  /** Call of a ucode built-in. */
  builtin(name: string, ...args: Code[]): Code {
    return call(this.context.builtin(name), ...args);
  }

  /** At most this many arguments, as further ones are not looked at by what is emitted. */
  at_most(n: number): this {
    if (this.count > n) this.refuse(`takes ${n} argument${n === 1 ? '' : 's'} here`);
    return this;
  }

  refuse(reason: string): Code {
    return this.context.refuse(this.node, 'method-arguments', this.name, reason);
  }
}
