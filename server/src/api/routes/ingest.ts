import type { IncomingMessage } from 'node:http';
import { Failure } from '../../base/errors.js';
import type { Outcome } from '../../pipeline.js';
import { decodeEvents } from '../../receive/events/decode.js';
import { readBody } from '../../receive/http/body.js';
import type { Context, Route, Services } from '../context.js';
import type { IngestReply } from '../contract.js';
import { receiptOf } from './shown.js';

const TYPES =
  /^(?:application\/(?:json|x-ndjson|ndjson|jsonl|json-seq|cloudevents\+json)|text\/plain|application\/x-www-form-urlencoded)(?:$|[; ])/i;
/** How long `?wait=sealed` waits. The record is safe either way. */
const SEAL_WAIT_MS = 10_000;

/** curl -d sends a form type; it is taken as JSON, since nothing here reads forms. */
function contentType(context: Context): string {
  const given = context.request.headers['content-type'] ?? 'application/json';
  if (!TYPES.test(given))
    throw new Failure(
      'unsupported_media_type',
      'Content-Type must be application/json or application/x-ndjson.',
      { field: 'Content-Type' },
    );
  return given.toLowerCase();
}

export function ingestRoutes(services: Services): Route[] {
  return [
    {
      method: 'POST',
      url: '/v1/events',
      permission: 'ingest',
      handle: (context) => takeEvents(services, context),
    },
  ];
}

async function takeEvents(services: Services, context: Context): Promise<IngestReply> {
  const query = context.request.query as { source?: string; wait?: string; ids?: string };
  const sender = context.sender();
  const type = contentType(context);
  if (query.source !== undefined && !services.engine.guard.hasSource(query.source, sender.tenant.packs))
    throw new Failure('unknown_source', 'No pack of this tenant declares the source.', { field: 'source' });
  const { items, refused, single } = decodeEvents(
    await readBody(context.request.body as IncomingMessage),
    type,
  );
  const outcome = await services.engine.pipeline.events(items, refused, sender, query.source);
  services.activity.note(
    context.principal.credential,
    outcome.accepted,
    outcome.eventIds.at(-1),
    outcome.rejected,
  );
  const reply: IngestReply = {
    accepted: outcome.accepted,
    duplicates: outcome.duplicates,
    rejected: outcome.rejected.map(({ index, code, field, message }) => ({ index, code, field, message })),
  };
  if (single || query.ids !== undefined) reply.event_ids = outcome.eventIds;
  if (query.wait === 'sealed') reply.receipts = await receipts(services, context, outcome);
  return reply;
}

async function receipts(
  services: Services,
  context: Context,
  outcome: Outcome,
): Promise<NonNullable<IngestReply['receipts']>> {
  const { engine } = services;
  const sealed = await engine.indexedTo(outcome.position, AbortSignal.timeout(SEAL_WAIT_MS));
  const proofs = sealed
    ? await Promise.all(outcome.eventIds.map((id) => receiptOf(services, context.tenant(), id)))
    : [];
  // Past the sealer and yet not there: its log stopped.
  const stopped = engine.sealer.stopped.size > 0 && proofs.includes(null);
  if (!sealed || stopped)
    throw new Failure(
      'not_sealed',
      'The records are on disk but not sealed yet; ask for their proofs later.',
    );
  return proofs.flatMap((proof) => (proof === null ? [] : [proof]));
}
