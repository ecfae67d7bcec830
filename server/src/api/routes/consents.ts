import { Failure } from '../../base/errors.js';
import { PURPOSES } from '../../event/purposes.js';
import { ANY_EVENT } from '../../rights/consent-book.js';
import { type Decision, inForce } from '../../rights/consents.js';
import type { Context, Route, Services } from '../context.js';
import type { ConsentsReply } from '../contract.js';
import { Fields } from './body.js';

const LONGEST_ID = 512;
const MOST_DECISIONS = 100;
const PSEUDONYM = /^sub_[a-z2-7]{26}$/;

/** What people have agreed to. `:id` is the person's own id, percent-encoded, or the pseudonym. */
export function consentRoutes(services: Services): Route[] {
  const permission = 'manage_privacy';
  const url = '/v1/subjects/:id/consents';
  return [
    { method: 'PUT', url, permission, handle: (c) => decide(services, c) },
    { method: 'GET', url, permission, handle: (c) => show(services, c) },
  ];
}

const idIn = (context: Context): string => {
  const { id } = context.request.params as { id: string };
  if (id.length <= LONGEST_ID) return id;
  throw new Failure('bad_value', `A subject's id may have at most ${LONGEST_ID} characters.`, {
    field: 'id',
  });
};

async function decide(services: Services, context: Context): Promise<ConsentsReply> {
  const tenant = context.tenant();
  const fields = await Fields.read(context);
  const decisions = fields
    .items('consents', MOST_DECISIONS)
    .map((item) => decisionIn(services, context, item));
  fields.end();
  const { vault, consents } = services.engine;
  const id = idIn(context);
  // People decide before they first appear in a record.
  const subject = PSEUDONYM.test(id) ? id : vault.pseudonym(tenant.id, id);
  vault.flush();
  return reply(subject, await consents.decide(tenant.id, subject, context.principal, decisions));
}

function decisionIn(services: Services, context: Context, item: Fields): Decision {
  const decision = {
    purpose: item.oneOf('purpose', PURPOSES),
    event_type: item.optional('event_type') ?? ANY_EVENT,
    granted: item.boolean('granted'),
    version: item.text('version'),
  };
  item.end();
  if (!/^[\w.+:-]{1,64}$/.test(decision.version))
    throw new Failure('bad_format', 'version must have 1 to 64 letters, digits or . + : - _.', {
      field: 'version',
    });
  const known = services.eventTypesOf(context.tenant());
  if (decision.event_type !== ANY_EVENT && !known.has(decision.event_type))
    throw new Failure('bad_value', 'event_type must be * or one that a pack of the tenant declares.', {
      field: 'event_type',
    });
  return decision;
}

async function show(services: Services, context: Context): Promise<ConsentsReply> {
  const tenant = context.tenant();
  const id = idIn(context);
  const subject = PSEUDONYM.test(id) ? id : services.engine.vault.find(tenant.id, id);
  if (subject === undefined)
    throw new Failure('not_found', 'Nothing is kept under this id.', { field: 'id' });
  await services.accessLog.record(tenant, context.principal, {
    action: 'subject_read',
    entity: { type: 'subject', id: subject },
    details: { returned: 0 },
  });
  return reply(subject, await services.engine.consents.of(tenant.id, subject));
}

const reply = (subject: string, history: ConsentsReply['history']): ConsentsReply => ({
  subject,
  consents: inForce(history),
  history,
});
