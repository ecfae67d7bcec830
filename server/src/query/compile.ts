import { Failure } from '../base/errors.js';
import type { TableName } from '../store/tables.js';
import type { Node } from './ast.js';
import { fieldNamed, tablesOf } from './fields.js';
import { Params } from './params.js';
import { Predicate } from './predicate.js';

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What every statement is confined to. The tenant comes from the credential, never from the query. */
export interface Scope {
  readonly tenant: string;
  readonly streams: readonly string[];
  /** Milliseconds, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** The conditions every scan of a table begins with; added here and nowhere else. */
function confined(table: TableName, scope: Scope, params: Params, extra: readonly string[]): string {
  const conditions = [
    `tenant = ${params.bind('String', scope.tenant)}`,
    `stream IN ${params.bind('Array(String)', scope.streams)}`,
    `occurred_at >= fromUnixTimestamp64Milli(${params.bind('Int64', scope.from)})`,
    `occurred_at <= fromUnixTimestamp64Milli(${params.bind('Int64', scope.to)})`,
    `toStartOfHour(occurred_at) >= toStartOfHour(fromUnixTimestamp64Milli(${params.bind('Int64', scope.from)}))`,
    ...extra.map((condition) => `(${condition})`),
  ];
  return `FROM ${table} WHERE ${conditions.join(' AND ')}`;
}

/** One scan for each table the streams need, put together. */
function union(
  scope: Scope,
  params: Params,
  select: (table: TableName) => { columns: string; extra: readonly string[]; tail?: string },
): string {
  const scans = tablesOf(scope.streams).map((table) => {
    const { columns, extra, tail } = select(table);
    return `SELECT ${columns} ${confined(table, scope, params, extra)}${tail ?? ''}`;
  });
  return scans.length === 1 ? `(${scans[0]})` : `(${scans.join(' UNION ALL ')})`;
}

const RECORD =
  'event_id, toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(recorded_at) AS recorded, stream, leaf, slot, hash, record';

/** A row of a search. */
export interface RecordRow {
  readonly event_id: string;
  /** Milliseconds; 64-bit integers come as texts. */
  readonly at: string | number;
  readonly recorded: string | number;
  readonly stream: string;
  readonly leaf: string | number;
  readonly slot: number;
  readonly hash: string;
  readonly record: string;
}

export interface Page {
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  readonly after?: { readonly at: number; readonly id: string } | undefined;
}

/** One page of matching records. */
export function compileSearch(node: Node, scope: Scope, page: Page): Statement {
  const params = new Params();
  const direction = page.order === 'newest' ? 'DESC' : 'ASC';
  const order = ` ORDER BY occurred_at ${direction}, event_id ${direction} LIMIT ${params.bind('UInt32', page.limit)}`;
  const source = union(scope, params, (table) => {
    const extra = [new Predicate(table, params, scope.now).sql(node)];
    if (page.after !== undefined) extra.push(keyset(page, params));
    return { columns: RECORD, extra, tail: order };
  });
  const sql = `SELECT * FROM ${source} ORDER BY at ${direction}, event_id ${direction} LIMIT ${params.bind('UInt32', page.limit)}`;
  return { sql, params: params.values };
}

function keyset(page: Page, params: Params): string {
  const op = page.order === 'newest' ? '<' : '>';
  const at = `fromUnixTimestamp64Milli(${params.bind('Int64', page.after?.at ?? 0)})`;
  return `occurred_at ${op} ${at} OR (occurred_at = ${at} AND event_id ${op} ${params.bind('String', page.after?.id ?? '')})`;
}

/** A place in a log: everything up to this record of this leaf has been seen. */
export interface Place {
  readonly leaf: number;
  readonly slot: number;
}

/**
 * Records that stand behind the given places, in the order of their logs: the live tail. By place and not by
 * time, because logs become searchable one after another, and a sender's id says nothing about order.
 */
export function compileTail(
  node: Node,
  scope: Scope,
  since: ReadonlyMap<string, Place>,
  limit: number,
): Statement {
  const params = new Params();
  const behind = scope.streams.map((stream) => {
    const { leaf, slot } = since.get(stream) ?? { leaf: -1, slot: 0 };
    const [name, at] = [params.bind('String', stream), params.bind('Int64', leaf)];
    return `(stream = ${name} AND leaf >= ${at} AND (leaf > ${at} OR slot > ${params.bind('Int64', slot)}))`;
  });
  const order = ` ORDER BY stream, leaf, slot LIMIT ${params.bind('UInt32', limit)}`;
  const source = union(scope, params, (table) => ({
    columns: RECORD,
    extra: [new Predicate(table, params, scope.now).sql(node), behind.join(' OR ')],
    tail: order,
  }));
  return { sql: `SELECT * FROM ${source}${order}`, params: params.values };
}

/** Where a matching record stands, and how many bytes it has. */
export interface PlaceRow {
  readonly leaf: string | number;
  readonly slot: number;
  readonly bytes: string | number;
}

/** A page of the places of one log. */
export interface PlacePage {
  /** Leaves below it. */
  readonly size: number;
  readonly after: Place;
  readonly limit: number;
}

/** The places of matching records of one stream below a size of its log, in the order of the log: the export. */
export function compilePlaces(node: Node, scope: Scope, stream: string, page: PlacePage): Statement {
  const params = new Params();
  const order = ` ORDER BY leaf, slot LIMIT ${params.bind('UInt32', page.limit)}`;
  const source = union({ ...scope, streams: [stream] }, params, (table) => ({
    columns: 'leaf, slot, length(record) AS bytes',
    extra: [new Predicate(table, params, scope.now).sql(node), behind(page, params)],
    tail: order,
  }));
  return { sql: `SELECT * FROM ${source}${order}`, params: params.values };
}

function behind({ size, after }: PlacePage, params: Params): string {
  const leaf = params.bind('Int64', after.leaf);
  const slot = params.bind('Int64', after.slot);
  return `leaf < ${params.bind('Int64', size)} AND leaf >= ${leaf} AND (leaf > ${leaf} OR slot > ${slot})`;
}

/** Counts by step of time and by level (logs) or result (events). */
export function compileHistogram(node: Node, scope: Scope, stepMs: number): Statement {
  const params = new Params();
  const step = params.bind('Int64', stepMs);
  const origin = params.bind('Int64', scope.from);
  const source = union(scope, params, (table) => ({
    columns: `intDiv(toUnixTimestamp64Milli(occurred_at) - ${origin}, ${step}) AS step, ${table === 'logs' ? 'level' : 'result'} AS kind, count() AS n`,
    extra: [new Predicate(table, params, scope.now).sql(node)],
    tail: ' GROUP BY step, kind',
  }));
  return {
    sql: `SELECT step, kind, sum(n) AS n FROM ${source} GROUP BY step, kind ORDER BY step`,
    params: params.values,
  };
}

/** The most frequent values of one field. @throws Failure `unknown_field`. */
export function compileFacet(node: Node, scope: Scope, name: string, top: number): Statement {
  const field = fieldNamed(name);
  if (field === undefined || field.type === 'text' || field.type === 'time')
    throw new Failure('unknown_field', 'There are no facets of this field.', { field: 'fields' });
  const params = new Params();
  const source = union(scope, params, (table) => ({
    columns: `${field.column[table] === undefined ? "''" : `toString(${field.column[table]})`} AS value, count() AS n`,
    extra: [new Predicate(table, params, scope.now).sql(node)],
    tail: ' GROUP BY value',
  }));
  const sql = `SELECT value, sum(n) AS n FROM ${source} WHERE value != '' GROUP BY value ORDER BY n DESC, value LIMIT ${params.bind('UInt32', top)}`;
  return { sql, params: params.values };
}

const CORRELATED = ['request_id', 'trace_id', 'job_id', 'session_id', 'correlation_id'] as const;

/** Everything that carries one of the ids, oldest first. */
export function compileCorrelation(ids: readonly string[], scope: Scope, limit: number): Statement {
  const params = new Params();
  const list = params.bind('Array(String)', ids);
  const order = ` ORDER BY occurred_at, event_id LIMIT ${params.bind('UInt32', limit)}`;
  const any = CORRELATED.map((column) => `${column} IN ${list}`).join(' OR ');
  const source = union(scope, params, () => ({
    columns: `${RECORD}, ${CORRELATED.join(', ')}`,
    extra: [any],
    tail: order,
  }));
  return {
    sql: `SELECT * FROM ${source} ORDER BY at, event_id LIMIT ${params.bind('UInt32', limit)}`,
    params: params.values,
  };
}

export type CorrelatedRow = RecordRow & Readonly<Record<(typeof CORRELATED)[number], string>>;
export const correlatedIds = (row: CorrelatedRow): string[] =>
  CORRELATED.map((column) => row[column]).filter((id) => id !== '');

/** One record by its id. */
export function compileById(eventId: string, scope: Scope): Statement {
  const params = new Params();
  const id = params.bind('String', eventId);
  const source = union(scope, params, () => ({ columns: RECORD, extra: [`event_id = ${id}`] }));
  return { sql: `SELECT * FROM ${source} LIMIT 1`, params: params.values };
}

/** Number of records whose bytes hold a text, wherever it stands: what a scan after an erasure asks. */
export function compileHolding(text: string, scope: Scope): Statement {
  const params = new Params();
  const wanted = params.bind('String', text);
  const source = union(scope, params, () => ({
    columns: 'count() AS n',
    extra: [`position(record, ${wanted}) > 0`],
  }));
  return { sql: `SELECT sum(n) AS n FROM ${source}`, params: params.values };
}

export interface CorrectionRow {
  readonly corrects: string;
  readonly event_id: string;
}

/** Which records correct any of these, oldest first. Only events do. */
export function compileCorrections(ids: readonly string[], scope: Scope): Statement {
  const params = new Params();
  const wanted = `corrects IN ${params.bind('Array(String)', ids)}`;
  return {
    sql: `SELECT corrects, event_id ${confined('events', scope, params, [wanted])} ORDER BY recorded_at, event_id LIMIT 1000`,
    params: params.values,
  };
}

const ERASURE = "stream = 'admin' AND action = 'subject_erased'";

export interface ErasureRow {
  readonly subject: string;
  readonly event_id: string;
}

/** The records of the erasure of these pseudonyms. */
export function compileErasures(subjects: readonly string[], scope: Scope): Statement {
  const params = new Params();
  const wanted = `entity_id IN ${params.bind('Array(String)', subjects)}`;
  const from = confined('events', { ...scope, streams: ['admin'] }, params, [ERASURE, wanted]);
  return { sql: `SELECT entity_id AS subject, event_id ${from} ORDER BY leaf`, params: params.values };
}

/**
 * The places of the records, of any time, that prove the erasure of people named by records that match: the evidence
 * in an export. `scope` is the one of the export, whatever its streams.
 */
export function compileEvidence(node: Node, scope: Scope, page: PlacePage): Statement {
  const params = new Params();
  const named = union(scope, params, (table) => ({
    columns: "arrayJoin(extractAll(record, 'sub_[a-z2-7]{26}'))",
    extra: [new Predicate(table, params, scope.now).sql(node)],
  }));
  const anyTime = { ...scope, streams: ['admin'], from: 0, to: Date.UTC(2262, 0, 1) };
  const from = confined('events', anyTime, params, [ERASURE, `entity_id IN ${named}`, behind(page, params)]);
  const sql = `SELECT leaf, slot, length(record) AS bytes ${from} ORDER BY leaf, slot LIMIT ${params.bind('UInt32', page.limit)}`;
  return { sql, params: params.values };
}
