import type { IncomingMessage } from 'node:http';
import { Failure } from '../../base/errors.js';
import { type Rehearsed, refused } from '../../guard/rehearsal.js';
import { decodeEvents } from '../../receive/events/decode.js';
import { readBody } from '../../receive/http/body.js';
import type { Context, Route, Services } from '../context.js';
import type { RehearsalReply } from '../contract.js';

const MOST_ITEMS = 100;

/** What the guard would make of events, keeping nothing. */
export function rehearsalRoutes(services: Services): Route[] {
  return [
    {
      method: 'POST',
      url: '/v1/guard/try',
      permission: 'ingest',
      handle: (context) => rehearse(services, context),
    },
  ];
}

async function rehearse(services: Services, context: Context): Promise<RehearsalReply> {
  const { source, kind } = context.request.query as { source?: string; kind?: string };
  const sender = context.sender();
  const { rehearsal } = services.engine;
  if (source !== undefined && !rehearsal.hasSource(source, sender.tenant.packs))
    throw new Failure('unknown_source', 'No pack of this tenant declares the source.', { field: 'source' });
  const type = String(context.request.headers['content-type'] ?? 'application/json').toLowerCase();
  const { items, refused: refusals } = decodeEvents(
    await readBody(context.request.body as IncomingMessage),
    type,
  );
  if (items.length + refusals.length > MOST_ITEMS)
    throw new Failure('body_too_large', `At most ${MOST_ITEMS} items can be tried at once.`);
  const now = services.clock();
  const tried = items.map(
    (item): Rehearsed =>
      kind === 'log' ? rehearsal.log(item, sender, now) : rehearsal.event(item, sender, now, source),
  );
  const broken = refusals.map(({ index, ...rejection }) => refused(index, rejection));
  return { results: [...tried, ...broken].sort((a, b) => a.index - b.index) };
}
