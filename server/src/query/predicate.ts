import { Failure } from '../base/errors.js';
import { BODY, type TableName } from '../store/tables.js';
import type { Comparison, Node } from './ast.js';
import { type Field, fieldNamed, ID_FIELDS } from './fields.js';
import type { Params } from './params.js';
import { parseTime } from './time.js';

/** Translates a tree into a condition on one table. Values are bound; names come from the registry. */
export class Predicate {
  readonly #table: TableName;
  readonly #params: Params;
  readonly #now: number;

  constructor(table: TableName, params: Params, now: number) {
    this.#table = table;
    this.#params = params;
    this.#now = now;
  }

  sql(node: Node): string {
    switch (node.kind) {
      case 'all':
        return '1';
      case 'and':
      case 'or':
        return `(${node.nodes.map((n) => this.sql(n)).join(node.kind === 'and' ? ' AND ' : ' OR ')})`;
      case 'not':
        return `(NOT ${this.sql(node.node)})`;
      case 'text':
        return this.#text(node.value, node.phrase);
      case 'equals':
        return this.#equals(node.field, node.value, node.phrase);
      case 'compare':
        return this.#compare(node.field, node.op, node.value);
      case 'range':
        return `(${this.#compare(node.field, '>=', node.from)} AND ${this.#compare(node.field, '<=', node.to)})`;
      case 'exists':
        return this.#exists(node.field);
    }
  }

  #text(value: string, phrase: boolean): string {
    const inText = this.#inText(value, phrase);
    if (phrase || !/^[0-9a-fA-F-]{16,36}$/.test(value)) return inText;
    // Something that looks like an id is also looked for where ids are.
    const id = this.#params.bind('String', value.toLowerCase());
    return `(${inText} OR ${ID_FIELDS.map((column) => `${column} = ${id}`).join(' OR ')})`;
  }

  #inText(value: string, phrase: boolean): string {
    if (!phrase && isPattern(value))
      return `${BODY} LIKE ${this.#params.bind('String', `%${likePattern(value.toLowerCase())}%`)}`;
    const plain = (phrase ? value : literal(value)).toLowerCase();
    // Words of the text index are letters and digits of ASCII, and everything beyond ASCII.
    const words = plain.split(/(?:(?![A-Za-z0-9])\p{ASCII})+/u).filter((w) => w !== '');
    const parts =
      words.length === 0 ? [] : [`hasAllTokens(${BODY}, ${this.#params.bind('Array(String)', words)})`];
    // The words alone do not say that they stand side by side.
    if (words.length !== 1 || words[0] !== plain)
      parts.push(`position(${BODY}, ${this.#params.bind('String', plain)}) > 0`);
    return `(${parts.join(' AND ')})`;
  }

  #equals(name: string, value: string, phrase: boolean): string {
    const field = fieldNamed(name);
    if (field?.type === 'text') return this.#inText(value, phrase);
    if (field !== undefined && field.type !== 'string') return this.#compare(name, '=', value);
    const expression = this.#expression(name, field);
    if (expression === null) return '0';
    const left = field?.folded ? `lower(${expression})` : expression;
    const fold = (text: string): string => (field?.folded ? text.toLowerCase() : text);
    if (!phrase && isPattern(value))
      return `${left} LIKE ${this.#params.bind('String', fold(likePattern(value)))}`;
    const exact = fold(phrase ? value : literal(value));
    if (name === 'stream') return `${left} = ${this.#params.bind('String', exact)}`;
    return `${left} = ${this.#params.bind('String', exact)}`;
  }

  #compare(name: string, op: Comparison | '=', value: string): string {
    const field = fieldNamed(name);
    const expression = this.#expression(name, field);
    if (expression === null) return '0';
    if (field?.type === 'time')
      return `${expression} ${op} fromUnixTimestamp64Milli(${this.#params.bind('Int64', this.#time(value))})`;
    const number = Number(value);
    const numeric = value.trim() !== '' && Number.isFinite(number);
    if (field?.type === 'number') {
      if (!numeric)
        throw new Failure('bad_value', `${field.name} is compared with a number.`, { field: 'query' });
      return `${expression} ${op} ${this.#params.bind('Float64', number)}`;
    }
    if (numeric)
      return `toFloat64OrNull(${expression}) ${op} ${this.#params.bind('Float64', number)}`
        .replace(/^/, 'ifNull(')
        .concat(', 0)');
    return `${expression} ${op} ${this.#params.bind('String', value)}`;
  }

  #time(value: string): number {
    const at = parseTime(value, this.#now);
    if (at === null)
      throw new Failure('bad_time', 'A time in the query is not RFC 3339 and not relative (now-15m).', {
        field: 'query',
      });
    return at;
  }

  #exists(name: string): string {
    const field = fieldNamed(name);
    if (field === undefined) return `mapContains(fields, ${this.#params.bind('String', bareName(name))})`;
    const column = field.column[this.#table];
    if (column === undefined) return '0';
    if (field.type === 'time') return '1';
    return field.type === 'number' ? `${column} != 0` : `${column} != ''`;
  }

  /** A column, or the entry of that name among the record's own fields. */
  #expression(name: string, field: Field | undefined): string | null {
    if (field !== undefined) return field.column[this.#table] ?? null;
    return `fields[${this.#params.bind('String', bareName(name))}]`;
  }
}

/** `attributes.user.tier` and `metadata.details.field` name the same as `user.tier` and `field`. */
const bareName = (name: string): string =>
  name.replace(/^(?:attributes|metadata\.details|details|data)\./, '');

/** Has a wildcard that is not escaped. */
const isPattern = (value: string): boolean => /(?:^|[^\\])(?:\\\\)*[*?]/.test(value);
const literal = (value: string): string => value.replace(/\\([*?\\])/g, '$1');

/** `foo*b?r` for LIKE, with LIKE's own special characters taken literally. */
function likePattern(value: string): string {
  return value.replace(
    /\\([*?\\])|([*?])|([%_\\])/g,
    (_, escaped: string | undefined, wild: string | undefined, special: string | undefined) => {
      if (wild !== undefined) return wild === '*' ? '%' : '_';
      const literal = escaped ?? special ?? '';
      return literal === '\\' || literal === '%' || literal === '_' ? `\\${literal}` : literal;
    },
  );
}
