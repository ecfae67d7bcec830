import type { RecordPlace } from '../event/stages.js';
import { type Column, TABLES, type TableName } from './tables.js';

/** What of the ledger must not be in the search store. */
export interface Veil {
  /** Records whose rows say nothing but id, stream, times, place and hash; their `record` is empty. */
  readonly withheld: readonly RecordPlace[];
  /** Rows of the leaves below it hold no network address. */
  readonly addressesBelow: number;
}

/** What stands in the place of an address. */
const NO_ADDRESS = '[address]';

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';
const GROUP = '[0-9A-Fa-f]{1,4}';

/**
 * An address or a network, wherever it stands in a text: IPv4; IPv6 written out, or shortened behind two groups at
 * least, as every network of the guard is. What looks like an address is one, a version of four numbers too.
 * JavaScript and the engine (RE2) read it alike. The first group is what belongs to the text before it: in JSON that may
 * be an escape whose last letter would hide where a word begins.
 */
const ADDRESS = `(\\\\[bfnrt]|\\\\u[0-9a-f]{4}|\\b)(?:(?:${OCTET}\\.){3}${OCTET}\\b|${GROUP}(?::${GROUP}){7}\\b|${GROUP}(?::${GROUP}){1,6}::(?:${GROUP}(?::${GROUP}){0,5})?)`;

const EVERY_ADDRESS = new RegExp(ADDRESS, 'g');
export const withoutAddresses = (text: string): string => text.replace(EVERY_ADDRESS, `$1${NO_ADDRESS}`);

/** What a row is known by. */
const LASTING = new Set([
  'tenant',
  'stream',
  'event_id',
  'occurred_at',
  'recorded_at',
  'leaf',
  'slot',
  'hash',
]);

/** Columns that hold what a record says. */
const contents = (table: TableName): Column[] => TABLES[table].filter(({ name }) => !LASTING.has(name));

const isMap = ({ type }: Column): boolean => type.startsWith('Map(');
const isText = (column: Column): boolean => column.type.includes('String') && !isMap(column);

/** Assignments that leave nothing of what a record says. */
export const emptied = (table: TableName): string =>
  contents(table)
    .map(
      (column) =>
        `${column.name} = ${isMap(column) ? `CAST(map(), '${column.type}')` : isText(column) ? "''" : '0'}`,
    )
    .join(', ');

/** Assignments that leave no address. @param literal quotes a text. */
export function anonymised(table: TableName, literal: (text: string) => string): string {
  const clean = (what: string): string =>
    `replaceRegexpAll(${what}, ${literal(ADDRESS)}, ${literal(`\\1${NO_ADDRESS}`)})`;
  return contents(table)
    .filter((column) => isMap(column) || isText(column))
    .map(({ name, type }) =>
      isMap({ name, type })
        ? `${name} = CAST(mapFromArrays(arrayMap(k -> ${clean('k')}, mapKeys(${name})), arrayMap(v -> ${clean('v')}, mapValues(${name}))), '${type}')`
        : `${name} = ${clean(name)}`,
    )
    .join(', ');
}
