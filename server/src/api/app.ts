import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { allows, type Principal } from '../access/roles.js';
import type { TenantInfo } from '../access/tenants.js';
import { Failure } from '../base/errors.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import type { Context, Route, Services } from './context.js';
import { sessionToken } from './cookies.js';
import { securityHeaders } from './headers.js';
import { servePages } from './pages.js';
import { asFailure, sendProblem } from './problems.js';
import { routes } from './routes/index.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Named by every route; see {@link Route}. */
    permission?: Route['permission'];
  }
}

/** Nobody may hold a connection open without making progress. Milliseconds. */
const TIMEOUTS = { request: 60_000, headers: 20_000, keepAlive: 65_000 };

const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The HTTP face: authenticates, checks the permission of the route, and turns failures into problem details. */
export async function buildApp(services: Services): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: TIMEOUTS.request,
    connectionTimeout: TIMEOUTS.request * 2,
    keepAliveTimeout: TIMEOUTS.keepAlive,
    // A correlation id may have 128 characters, and each may be escaped.
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && SAFE_ID.test(given) ? given : formatUuid(newUuid(services.clock()));
    },
    // Behind a proxy the operator terminates there; nothing here trusts forwarded headers.
    trustProxy: false,
  });
  app.server.headersTimeout = TIMEOUTS.headers;
  // Bodies stay streams: each receiver reads them within its own limits.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request) => {
    // Go's http.Post with no type sends the header empty, which says as little as none.
    if (request.headers['content-type'] === '') delete request.headers['content-type'];
  });
  app.addHook('onSend', async (request, reply) => {
    securityHeaders(reply);
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onRoute', (route) => {
    if (route.config?.permission === undefined)
      throw new Error(`The route ${route.url} names no permission.`);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error, services.log));
  app.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' && wantsPage(request)) return servePages(request, reply, services.webRoot);
    return sendProblem(request, reply, new Failure('not_found', 'There is no such address.'), services.log);
  });
  for (const route of routes(services)) register(app, route, services);
  return app;
}

/** Addresses of machines never get a page; `/ledger` alone is a page, what lies below it are tiles. */
const wantsPage = (request: FastifyRequest): boolean =>
  !/^\/(?:v1|loki|elastic|prometheus)(?:\/|$)|^\/ledger\/./.test(request.url.split('?')[0] ?? '');

function register(app: FastifyInstance, route: Route, services: Services): void {
  app.route({
    method: route.method,
    url: route.url,
    config: { permission: route.permission },
    handler: async (request, reply) => {
      const principal = authenticate(request, route, services);
      const tenant = (): TenantInfo => inStatedRegion(request, tenantOf(request, principal, services));
      const context: Context = {
        request,
        reply,
        principal,
        tenant,
        sender: () => {
          const { id, slug, packs } = tenant();
          return { tenant: { id, slug, packs }, credential: principal.credential };
        },
      };
      try {
        return await route.handle(context);
      } catch (error) {
        throw asFailure(error);
      }
    },
  });
}

const REGION_HEADER = 'X-Prooflog-Region';

/** The region that a request says it is meant for. */
function statedRegion(request: FastifyRequest): string | undefined {
  const stated = request.headers[REGION_HEADER.toLowerCase()];
  return typeof stated === 'string' ? stated : undefined;
}

function inStatedRegion(request: FastifyRequest, tenant: TenantInfo): TenantInfo {
  if ((statedRegion(request) ?? tenant.region) !== tenant.region)
    throw new Failure('wrong_region', 'The tenant belongs to another region than the request says.', {
      field: REGION_HEADER,
    });
  return tenant;
}

const NOBODY: Principal = { credential: 'anonymous', role: 'ingest', tenant: null, session: false };

function authenticate(request: FastifyRequest, route: Route, services: Services): Principal {
  const stated = statedRegion(request);
  if (stated !== undefined) services.tenants.regions.check(stated, REGION_HEADER);
  const principal = principalOf(request, services);
  if (route.permission === 'public') return principal ?? NOBODY;
  if (principal === null)
    throw new Failure('unauthenticated', 'Send a valid key as "Authorization: Bearer KEY".');
  const own = services.tenants.get(principal.tenant ?? '');
  if (own !== undefined) services.tenants.admit(own);
  if (!allows(principal, route.permission))
    throw new Failure(
      'forbidden',
      `This needs the permission ${route.permission}; an administrator can make a key that has it.`,
    );
  if (
    principal.session &&
    request.method !== 'GET' &&
    request.method !== 'HEAD' &&
    request.headers['x-prooflog-csrf'] !== '1'
  )
    throw new Failure('forbidden', 'Requests with a session cookie need the header X-Prooflog-CSRF: 1.');
  return principal;
}

function principalOf(request: FastifyRequest, services: Services): Principal | null {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const token = /^(?:Bearer|Splunk|ApiKey) +(\S{1,512})$/i.exec(header)?.[1];
    return token === undefined ? null : services.keys.authenticate(token);
  }
  const cookie = sessionToken(request);
  return cookie === undefined ? null : services.sessions.authenticate(cookie);
}

/** A key belongs to one tenant; an administrator of the installation names it. */
function tenantOf(request: FastifyRequest, principal: Principal, services: Services): TenantInfo {
  const query = request.query as { tenant?: unknown };
  const named = request.headers['x-prooflog-tenant'] ?? query.tenant;
  const wanted = typeof named === 'string' ? services.tenants.find(named) : undefined;
  if (principal.tenant !== null) {
    const own = services.tenants.get(principal.tenant);
    if (own === undefined || (named !== undefined && wanted !== own))
      throw new Failure('forbidden', 'The key belongs to another tenant.');
    return own;
  }
  if (wanted === undefined)
    throw new Failure('bad_request', 'Name the tenant in the header X-Prooflog-Tenant.', {
      field: 'X-Prooflog-Tenant',
    });
  return services.tenants.admit(wanted);
}
