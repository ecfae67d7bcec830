import type { Context, Route, Services } from '../context.js';
import type { SigningKeys } from '../contract.js';

/** The keys that sign a tenant's logs: docs/formats/ledger.md, "Change of keys". */
export function signingKeyRoutes(services: Services): Route[] {
  const { rotation } = services.engine;
  const list = (context: Context): SigningKeys => ({ keys: rotation.list(context.tenant().id) });
  const change = (step: 'rotate' | 'retire') => async (context: Context) => {
    await rotation[step](context.tenant().id, context.principal);
    return list(context);
  };
  return [
    {
      method: 'GET',
      url: '/v1/signing-keys',
      permission: 'read_ledger',
      handle: async (context) => list(context),
    },
    {
      method: 'POST',
      url: '/v1/signing-keys/rotate',
      permission: 'manage_keys',
      handle: change('rotate'),
    },
    {
      method: 'POST',
      url: '/v1/signing-keys/retire',
      permission: 'manage_keys',
      handle: change('retire'),
    },
  ];
}
