import { createHash } from 'node:crypto';
import { Failure } from '../../base/errors.js';
import { mapFieldValues, type Node } from '../../query/ast.js';
import {
  compileFacet,
  compileHistogram,
  compileSearch,
  type RecordRow,
  type Scope,
} from '../../query/compile.js';
import { decodeCursor, encodeCursor } from '../../query/cursor.js';
import { FIELDS, fieldNamed } from '../../query/fields.js';
import { parseQuery } from '../../query/parse.js';
import { parseTime } from '../../query/time.js';
import type { Context, Route, Services } from '../context.js';
import type { FacetsReply, FieldInfo, HistogramReply, SearchReply } from '../contract.js';
import { withAnnotations } from './annotations.js';
import { Fields } from './body.js';
import { justification } from './shown.js';

export const SUBJECTS = new Set(['actor.id', 'entity.id', 'user_id']);

/** A search as asked for, read but not yet run. */
export interface Asked {
  readonly node: Node;
  readonly scope: Scope;
  readonly query: string;
  readonly from: string;
  readonly to: string;
}

function timeOf(text: string, field: string, now: number): number {
  const at = parseTime(text, now);
  if (at === null)
    throw new Failure('bad_time', `${field} must be RFC 3339, or relative as in now-15m.`, { field });
  return at;
}

/** What the platform writes about itself is searched only when it is asked for: every search adds to it. */
const OWN_STREAMS = new Set(['access', 'admin']);

/** The streams that were asked for, or all that senders write to. */
export function streamsIn(
  services: Services,
  context: Context,
  wanted: readonly string[] | undefined,
): string[] {
  const all = services.streamsOf(context.tenant());
  if (wanted === undefined || wanted.length === 0) return all.filter((stream) => !OWN_STREAMS.has(stream));
  for (const stream of wanted)
    if (!all.includes(stream))
      throw new Failure('unknown_field', `There is no such stream here; there are ${all.join(', ')}.`, {
        field: 'streams',
      });
  return [...wanted];
}

/** Reads a query; values of fields that hold pseudonyms are looked up, so that a person can be found by the real id. */
export function readQuery(services: Services, tenant: string, query: string): Node {
  return mapFieldValues(
    parseQuery(query),
    (field) => SUBJECTS.has(fieldNamed(field)?.name ?? ''),
    (value) => {
      const pseudonym = services.engine.vault.find(tenant, value);
      return pseudonym === undefined ? [] : [pseudonym];
    },
  );
}

/** Reads what all searches have in common. @throws Failure for what cannot be asked. */
export function asked(services: Services, context: Context, fields: Fields): Asked {
  const tenant = context.tenant();
  const now = services.clock();
  const query = fields.optional('query') ?? '*';
  const from = fields.optional('from') ?? '1970-01-01T00:00:00Z';
  const to = fields.optional('to') ?? 'now+1d';
  const scope: Scope = {
    tenant: tenant.id,
    streams: streamsIn(services, context, fields.texts('streams')),
    from: timeOf(from, 'from', now),
    to: timeOf(to, 'to', now),
    now,
  };
  return { node: readQuery(services, tenant.id, query), scope, query, from, to };
}

export function searchRoutes(services: Services): Route[] {
  return [
    { method: 'POST', url: '/v1/search', permission: 'read', handle: (context) => search(services, context) },
    {
      method: 'POST',
      url: '/v1/histogram',
      permission: 'read',
      handle: (context) => histogram(services, context),
    },
    { method: 'POST', url: '/v1/facets', permission: 'read', handle: (context) => facets(services, context) },
    {
      method: 'GET',
      url: '/v1/fields',
      permission: 'signed_in',
      handle: async () => ({
        fields: FIELDS.map(
          ({ name, aliases, type, description }): FieldInfo => ({
            name,
            aliases: [...aliases],
            type,
            description,
          }),
        ),
      }),
    },
  ];
}

/** Writes down who asked what; nothing is shown before. */
export async function recordRead(
  services: Services,
  context: Context,
  action: string,
  ask: Asked,
  returned: number,
): Promise<void> {
  await services.accessLog.record(context.tenant(), context.principal, {
    action,
    entity: { type: 'stream', id: ask.scope.streams.length === 1 ? (ask.scope.streams[0] ?? 'all') : 'all' },
    details: {
      query: ask.query.slice(0, 4096),
      from: ask.from,
      to: ask.to,
      streams: ask.scope.streams.join(','),
      returned,
      ...justification(context),
    },
  });
}

async function search(services: Services, context: Context): Promise<SearchReply> {
  const started = performance.now();
  const fields = await Fields.read(context);
  const ask = asked(services, context, fields);
  const limit = fields.number('limit', 1, 1_000, 100);
  const order = fields.oneOf('order', ['newest', 'oldest'], 'newest');
  const cursor = fields.optional('cursor');
  fields.end();
  const binding = bindingOf(context, ask, order);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, services.engine.cursorKey, binding);
  // One more than wanted tells whether there is another page.
  const rows = await services.engine.store.query<RecordRow>(
    compileSearch(ask.node, ask.scope, { limit: limit + 1, order, after }),
  );
  const page = rows.slice(0, limit);
  await recordRead(services, context, 'records_searched', ask, page.length);
  const last = page.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? encodeCursor({ at: Number(last.at), id: last.event_id }, services.engine.cursorKey, binding)
      : undefined;
  return {
    records: await withAnnotations(services, page, ask.scope),
    ...(next === undefined ? {} : { cursor: next }),
    elapsed_ms: Math.round((performance.now() - started) * 10) / 10,
  };
}

/** What a cursor may be used with: this tenant, this credential in this role, this very search. */
function bindingOf(context: Context, ask: Asked, order: string): string {
  const { credential, role } = context.principal;
  const parts = [
    ask.scope.tenant,
    credential,
    role,
    ask.query,
    ask.from,
    ask.to,
    ask.scope.streams.join(','),
    order,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Steps a person can read, in seconds. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 2_592_000, 31_536_000,
];

interface StepRow {
  step: string | number;
  kind: string;
  n: string | number;
}

async function histogram(services: Services, context: Context): Promise<HistogramReply> {
  const fields = await Fields.read(context);
  const given = asked(services, context, fields);
  const wanted = fields.number('buckets', 1, 500, 60);
  fields.end();
  const seconds = (given.scope.to - given.scope.from) / 1_000 / wanted;
  const stepMs = (STEPS.find((step) => step >= seconds) ?? Math.ceil(seconds)) * 1_000;
  const from = Math.floor(given.scope.from / stepMs) * stepMs;
  const scope = { ...given.scope, from };
  const rows = await services.engine.store.query<StepRow>(compileHistogram(given.node, scope, stepMs));
  await recordRead(services, context, 'records_counted', given, 0);
  const steps = Math.min(1_000, Math.max(1, Math.ceil((scope.to - from + 1) / stepMs)));
  const buckets = Array.from({ length: steps }, (_, i) => ({
    at: new Date(from + i * stepMs).toISOString(),
    counts: {} as Record<string, number>,
  }));
  let total = 0;
  for (const row of rows) {
    const bucket = buckets[Number(row.step)];
    if (bucket !== undefined) bucket.counts[row.kind || 'none'] = Number(row.n);
    total += Number(row.n);
  }
  return {
    from: new Date(from).toISOString(),
    to: new Date(scope.to).toISOString(),
    step_ms: stepMs,
    buckets,
    total,
  };
}

async function facets(services: Services, context: Context): Promise<FacetsReply> {
  const fields = await Fields.read(context);
  const ask = asked(services, context, fields);
  const names = (fields.texts('fields') ?? ['stream', 'action', 'result', 'level', 'service']).slice(0, 12);
  fields.end();
  const result: FacetsReply['facets'] = [];
  for (const field of names) {
    const rows = await services.engine.store.query<{ value: string; n: string | number }>(
      compileFacet(ask.node, ask.scope, field, 10),
    );
    result.push({ field, values: rows.map((row) => ({ value: row.value, count: Number(row.n) })) });
  }
  await recordRead(services, context, 'records_counted', ask, 0);
  return { facets: result };
}
