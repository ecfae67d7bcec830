import { Failure } from '../../base/errors.js';
import { formatPeriod, parsePeriod } from '../../pack/retention.js';
import type { LogExpiry } from '../../retention/expiry.js';
import type { Rule } from '../../retention/rules.js';
import { type Context, logName, type Route, type Services } from '../context.js';
import type { ExpiryReply, LogExpiryReply, RetentionReply } from '../contract.js';
import { wantedTenant } from './admin.js';
import { Fields } from './body.js';
import { cleanGround } from './rights.js';

/**
 * How long records are kept. Whoever may shorten a period can have evidence deleted, so only the administrator of the
 * installation sets one; a tenant's own can read them.
 */
export function retentionRoutes(services: Services): Route[] {
  return [
    {
      method: 'GET',
      url: '/v1/tenants/:id/retention',
      permission: 'manage_privacy',
      handle: (context) => list(services, context),
    },
    {
      method: 'PUT',
      url: '/v1/tenants/:id/retention/:stream',
      permission: 'manage_tenants',
      handle: (context) => set(services, context),
    },
    {
      method: 'POST',
      url: '/v1/expiry',
      permission: 'manage_tenants',
      handle: (context) => expire(services, context),
    },
  ];
}

const shown = ({ stream, keep, because, declared, overridden }: Rule): RetentionReply => ({
  stream,
  keep: formatPeriod(keep),
  because,
  declared: formatPeriod(declared),
  overridden,
});

async function list(services: Services, context: Context): Promise<{ retention: RetentionReply[] }> {
  const { id } = context.request.params as { id: string };
  const tenant = wantedTenant(services, context, id);
  const rules = services.streamsOf(tenant).map((stream) => services.engine.rules.of(tenant.id, stream));
  return { retention: (await Promise.all(rules)).map(shown) };
}

async function set(services: Services, context: Context): Promise<RetentionReply> {
  const { id, stream } = context.request.params as { id: string; stream: string };
  const fields = await Fields.read(context);
  const keep = parsePeriod(fields.text('keep'));
  const because = fields.optional('because');
  fields.end();
  if (keep === null)
    throw new Failure('bad_format', 'keep must be years, months and days in ISO 8601, such as P7Y or P13M.', {
      field: 'keep',
    });
  const tenant = wantedTenant(services, context, id);
  if (!services.streamsOf(tenant).includes(stream))
    throw new Failure('not_found', 'The tenant has no such stream.', { field: 'stream' });
  const ground = because === undefined ? undefined : cleanGround(because, 'because');
  const rule = shown(await services.engine.rules.set(tenant.id, stream, keep, ground));
  await services.accessLog.record(tenant, context.principal, {
    action: 'retention_set',
    entity: { type: 'log', id: stream },
    details: {
      origin: services.engine.originOf(logName(tenant, stream)),
      keep: rule.keep,
      declared: rule.declared,
      because: rule.because,
    },
  });
  return rule;
}

/** Of one tenant if it is named, else of all. */
async function expire(services: Services, context: Context): Promise<ExpiryReply> {
  const fields = await Fields.read(context);
  const dry_run = fields.flag('dry_run');
  fields.end();
  const tenant = context.request.headers['x-prooflog-tenant'] === undefined ? undefined : context.tenant().id;
  const { expiry } = services.engine;
  const logs = await (dry_run ? expiry.plan(tenant) : expiry.run(tenant));
  return { dry_run, logs: logs.map(shownExpiry) };
}

const shownExpiry = ({ log, size, from, to, rule, stop, failed }: LogExpiry): LogExpiryReply => ({
  ...{ log, size, from, to },
  keep: rule === null ? null : formatPeriod(rule.keep),
  because: rule === null ? null : rule.because,
  stopped_by: stop,
  ...(failed === undefined ? {} : { failed }),
});
