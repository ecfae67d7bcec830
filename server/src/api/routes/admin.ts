import { ROLES } from '../../access/roles.js';
import type { TenantInfo } from '../../access/tenants.js';
import { toRfc3339 } from '../../base/clock.js';
import { Failure } from '../../base/errors.js';
import type { Context, Route, Services } from '../context.js';
import type { CreatedKey, KeyInfo, Tenant } from '../contract.js';
import { Fields } from './body.js';

export function adminRoutes(services: Services): Route[] {
  return [
    {
      method: 'POST',
      url: '/v1/tenants',
      permission: 'manage_tenants',
      handle: (context) => createTenant(services, context),
    },
    {
      method: 'GET',
      url: '/v1/tenants',
      permission: 'manage_tenants',
      handle: async () => ({ tenants: services.tenants.all().map(shownTenant) }),
    },
    {
      method: 'POST',
      url: '/v1/keys',
      permission: 'manage_keys',
      handle: (context) => createKey(services, context),
    },
    {
      method: 'GET',
      url: '/v1/keys',
      permission: 'manage_keys',
      handle: async (context) => ({
        keys: services.keys.list(context.tenant().id).map((key) => key as KeyInfo),
      }),
    },
    {
      method: 'DELETE',
      url: '/v1/keys/:id',
      permission: 'manage_keys',
      handle: (context) => removeKey(services, context),
    },
    {
      method: 'GET',
      url: '/v1/keys/:id/activity',
      permission: 'manage_keys',
      handle: async (context) => services.activity.get(ownKey(services, context)),
    },
    {
      method: 'POST',
      url: '/v1/demo',
      permission: 'manage_tenants',
      handle: async () => {
        const { tenant, ...counts } = await services.loadDemo();
        return { tenant: shownTenant(tenant), ...counts };
      },
    },
  ];
}

export function shownTenant({ id, slug, packs, region, created_at }: TenantInfo): Tenant {
  return { id, slug, packs: [...packs], region, created_at };
}

async function createTenant(services: Services, context: Context): Promise<unknown> {
  const fields = await Fields.read(context);
  const slug = fields.text('slug');
  const packs = fields.texts('packs') ?? [];
  const region = fields.optional('region') ?? services.tenants.regions.default;
  fields.end();
  for (const [i, pack] of packs.entries()) checkPack(services, pack, region, `packs.${i}`);
  const tenant = await services.engine.addTenant(slug, packs, region);
  await services.accessLog.record(tenant, context.principal, {
    action: 'tenant_created',
    entity: { type: 'tenant', id: tenant.id },
    details: { region },
  });
  return context.reply.code(201).send(shownTenant(tenant));
}

/** @throws Failure `unknown_pack` or `wrong_jurisdiction`. */
function checkPack(services: Services, name: string, region: string, field: string): void {
  const regions = services.packs.get(name);
  if (regions === undefined)
    throw new Failure(
      'unknown_pack',
      `There is no such pack; there are ${[...services.packs.keys()].join(', ')}.`,
      { field },
    );
  if (regions.length > 0 && !regions.includes(region))
    throw new Failure('wrong_jurisdiction', `The pack is for tenants of ${regions.join(', ')}.`, { field });
}

/** A tenant's own administrator may leave the tenant out. */
export function wantedTenant(services: Services, context: Context, named: string | undefined): TenantInfo {
  if (named === undefined) return context.tenant();
  const tenant = services.tenants.find(named);
  const { principal } = context;
  if (principal.tenant !== null && tenant?.id !== principal.tenant)
    throw new Failure('forbidden', 'The key belongs to another tenant.');
  if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.', { field: 'tenant' });
  return services.tenants.admit(tenant);
}

async function createKey(services: Services, context: Context): Promise<unknown> {
  const fields = await Fields.read(context);
  const tenant = wantedTenant(services, context, fields.optional('tenant'));
  const role = fields.oneOf('role', ROLES);
  const label = (fields.optional('label') ?? '').slice(0, 80);
  fields.end();
  const key = await services.keys.create(tenant.id, role, label, toRfc3339(services.clock()));
  await services.accessLog.record(tenant, context.principal, {
    action: 'key_created',
    entity: { type: 'key', id: key.id },
    details: { role },
  });
  return context.reply.code(201).send(key as CreatedKey);
}

/** The key's id if the caller may see it; otherwise there is none. */
function ownKey(services: Services, context: Context): string {
  const { id } = context.request.params as { id: string };
  const key = services.keys.get(id);
  const { principal } = context;
  if (key === undefined || (principal.tenant !== null && key.tenant !== principal.tenant))
    throw new Failure('not_found', 'There is no such key.');
  return id;
}

async function removeKey(services: Services, context: Context): Promise<unknown> {
  const id = ownKey(services, context);
  const tenant = services.tenants.get(services.keys.get(id)?.tenant ?? '');
  if (tenant !== undefined)
    await services.accessLog.record(services.tenants.admit(tenant), context.principal, {
      action: 'key_revoked',
      entity: { type: 'key', id },
    });
  await services.keys.remove(id);
  return context.reply.code(204).send();
}
