import { setTimeout as sleep } from 'node:timers/promises';
import { type Incident, REMAINS } from '../../review/incident.js';
import type { Report } from '../../review/review.js';
import { type IncidentStep, OUTCOMES } from '../../review/tables.js';
import type { Context, Route, Services } from '../context.js';
import type { PrivacyIncident, ReviewReply, ReviewReport } from '../contract.js';
import { Fields } from './body.js';
import { chosenTenant } from './integrity.js';
import { cleanGround } from './rights.js';
import { justification } from './shown.js';

/** A reply later than that may find nobody any more; the review goes on all the same. */
const WAIT_MS = 30_000;

/** What was stored although it should not have been: looking for it, and what was found. */
export function reviewRoutes(services: Services): Route[] {
  const permission = 'manage_privacy';
  return [
    { method: 'POST', url: '/v1/review', permission, handle: (c) => review(services, c) },
    { method: 'GET', url: '/v1/review', permission, handle: (c) => lastReview(services, c) },
    { method: 'GET', url: '/v1/privacy-incidents', permission, handle: (c) => list(services, c) },
    { method: 'POST', url: '/v1/privacy-incidents/:id/close', permission, handle: (c) => close(services, c) },
  ];
}

async function review(services: Services, context: Context): Promise<ReviewReply> {
  const fields = await Fields.read(context);
  const all = fields.flag('all');
  fields.end();
  const { credential, role } = context.principal;
  const tenant = chosenTenant(context);
  const done = services.engine.review.run({ tenant, all, by: { credential, role } });
  // Whoever asks again finds what came of it; a failure while nobody waits is none of this request.
  done.catch(() => undefined);
  await Promise.race([done, sleep(WAIT_MS, undefined, { ref: false })]);
  return replyOf(services, tenant);
}

async function lastReview(services: Services, context: Context): Promise<ReviewReply> {
  const tenant = chosenTenant(context);
  await recordRead(services, context, tenant, 'reviews_read');
  return replyOf(services, tenant);
}

const replyOf = ({ engine }: Services, tenant: string | null): ReviewReply => ({
  running: engine.review.running,
  reports: engine.review.reports(tenant).map(shownReport),
});

const shownReport = ({ hits, ...report }: Report): ReviewReport => ({
  ...report,
  hits: hits.map((hit) => ({ ...hit })),
});

async function list(services: Services, context: Context): Promise<{ incidents: PrivacyIncident[] }> {
  const tenant = chosenTenant(context);
  await recordRead(services, context, tenant, 'privacy_incidents_read');
  return { incidents: services.engine.incidents.list(tenant).map(shown) };
}

async function close(services: Services, context: Context): Promise<PrivacyIncident> {
  const { id } = context.request.params as { id: string };
  const fields = await Fields.read(context);
  const outcome = fields.oneOf('outcome', OUTCOMES);
  const note = cleanGround(fields.text('note'), 'note');
  fields.end();
  const { credential, role } = context.principal;
  const by = { credential, role };
  return shown(await services.engine.incidents.close(context.tenant().id, id, by, outcome, note));
}

/** In every tenant about which something is shown; whoever waits for a review asks often. */
async function recordRead(
  services: Services,
  context: Context,
  wanted: string | null,
  action: string,
): Promise<void> {
  for (const tenant of services.tenants.all())
    if (wanted === null || tenant.id === wanted)
      await services.accessLog.recordOnce(tenant, context.principal, {
        action,
        entity: { type: 'stream', id: 'all' },
        details: justification(context),
      });
}

const STATES: Readonly<Record<IncidentStep, PrivacyIncident['state']>> = {
  found: 'opening',
  withheld: 'opening',
  open: 'open',
  closing: 'closing',
  lifting: 'closing',
  closed: 'closed',
};

const shown = (incident: Incident): PrivacyIncident => ({
  id: incident.id,
  log: incident.log,
  event_id: incident.event_id,
  index: incident.leaf,
  severity: 'critical',
  hits: [...incident.hits],
  ruleset: incident.ruleset,
  found_at: incident.found_at,
  state: STATES[incident.step],
  outcome: incident.outcome,
  note: incident.note,
  closed_at: incident.closed_at,
  remains: REMAINS,
});
