import { Failure } from '../../base/errors.js';
import type { Context, Route, Services } from '../context.js';
import type { Session } from '../contract.js';
import { clearSession, sessionToken, setSession } from '../cookies.js';
import { shownTenant } from './admin.js';
import { Fields } from './body.js';

export function sessionRoutes(services: Services): Route[] {
  const session = (): Session => ({ role: 'admin', tenants: services.tenants.all().map(shownTenant) });
  return [
    {
      method: 'POST',
      url: '/v1/session',
      permission: 'public',
      handle: async (context: Context) => {
        const fields = await Fields.read(context);
        const token = services.sessions.redeem(fields.text('token'));
        fields.end();
        if (token === null)
          throw new Failure(
            'unauthenticated',
            'The link was used already or is too old; print a new one with: prooflog key signin',
          );
        setSession(context.reply, context.request, token);
        return session();
      },
    },
    {
      method: 'POST',
      url: '/v1/session/link',
      permission: 'manage_tenants',
      handle: async () => ({ path: `/signin#token=${services.sessions.createLink()}` }),
    },
    {
      method: 'GET',
      url: '/v1/session',
      permission: 'signed_in',
      handle: async (context: Context) => {
        const own = context.principal.tenant;
        if (own === null) return session();
        return {
          role: context.principal.role,
          tenants: session().tenants.filter((t) => t.id === own),
        } satisfies Session;
      },
    },
    {
      method: 'DELETE',
      url: '/v1/session',
      permission: 'signed_in',
      handle: async (context: Context) => {
        const token = sessionToken(context.request);
        if (token !== undefined) services.sessions.end(token);
        clearSession(context.reply);
        return context.reply.code(204).send();
      },
    },
  ];
}
