import type { IncomingMessage } from 'node:http';
import { JsonError, parseStrict } from '@prooflog/proof';
import { Failure } from '../../base/errors.js';
import { readBody } from '../../receive/http/body.js';
import type { Context } from '../context.js';

/** A small JSON request body, read field by field; what is not asked for is refused. */
export class Fields {
  readonly #values: Map<string, unknown>;

  private constructor(values: Map<string, unknown>) {
    this.#values = values;
  }

  static async read(context: Context): Promise<Fields> {
    const bytes = await readBody(context.request.body as IncomingMessage);
    let value: unknown;
    try {
      value = parseStrict(bytes.toString('utf8'), { maxDepth: 8 });
    } catch (error) {
      if (error instanceof JsonError)
        throw new Failure(
          error.code,
          `The body is not acceptable JSON: ${error.code} at offset ${error.offset}.`,
        );
      throw error;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Failure('not_an_object', 'The body must be a JSON object.');
    return new Fields(new Map(Object.entries(value)));
  }

  #take(name: string): unknown {
    const value = this.#values.get(name);
    this.#values.delete(name);
    return value ?? undefined;
  }

  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new Failure('missing_field', `${name} is required.`, { field: name });
    return value;
  }

  optional(name: string): string | undefined {
    const value = this.#take(name);
    if (value !== undefined && typeof value !== 'string')
      throw new Failure('wrong_type', `${name} must be a text.`, { field: name });
    return value;
  }

  number(name: string, low: number, high: number, otherwise: number): number {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high)
      throw new Failure('bad_value', `${name} must be a whole number from ${low} to ${high}.`, {
        field: name,
      });
    return value;
  }

  flag(name: string): boolean {
    const value = this.#take(name) ?? false;
    if (typeof value !== 'boolean')
      throw new Failure('wrong_type', `${name} must be true or false.`, { field: name });
    return value;
  }

  texts(name: string): string[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw new Failure('wrong_type', `${name} must be a list of texts.`, { field: name });
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#take(name);
    if (value === undefined) throw new Failure('missing_field', `${name} is required.`, { field: name });
    if (typeof value !== 'boolean')
      throw new Failure('wrong_type', `${name} must be true or false.`, { field: name });
    return value;
  }

  /** A list of objects, at least one. */
  items(name: string, most: number): Fields[] {
    const value = this.#take(name);
    if (!Array.isArray(value) || value.length === 0 || value.length > most)
      throw new Failure('bad_value', `${name} must be a list of 1 to ${most} objects.`, { field: name });
    return value.map((item) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item))
        throw new Failure('wrong_type', `${name} must be a list of objects.`, { field: name });
      return new Fields(new Map(Object.entries(item)));
    });
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise?: T): T {
    const value = this.optional(name) ?? otherwise;
    const found = allowed.find((item) => item === value);
    if (found === undefined)
      throw new Failure('bad_value', `${name} must be one of ${allowed.join(', ')}.`, { field: name });
    return found;
  }

  /** Call last: a misspelt field is an error, not silence. */
  end(): void {
    if (this.#values.size > 0)
      throw new Failure('undeclared_field', 'The body has a field that is not known here.', {
        field: '(undeclared)',
      });
  }
}
