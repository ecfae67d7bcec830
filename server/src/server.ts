import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Sessions } from './access/sessions.js';
import { AccessLog, PLATFORM_PACK } from './api/access-log.js';
import { Activity } from './api/activity.js';
import { buildApp } from './api/app.js';
import type { Services } from './api/context.js';
import type { StoredRecord } from './api/contract.js';
import { Metrics } from './api/metrics.js';
import { type Clock, systemClock } from './base/clock.js';
import { Failure, systemCode } from './base/errors.js';
import { parseAddress, type Settings } from './base/settings.js';
import { type OpenEngine, openEngine } from './build/engine.js';
import { eventTypesOf, streamsOf } from './build/streams.js';
import { loadDemo } from './demo.js';
import { Upcasts } from './pack/upcast.js';

export interface RunningServer {
  /** Address of the API and the pages. */
  readonly url: string;
  readonly engine: OpenEngine;
  readonly adminToken: string;
  /** A one-time link to the pages. */
  signInLink(): string;
  /** Stops taking requests, finishes those under way and everything acknowledged, closes all files. */
  stop(): Promise<void>;
}

const WEB_ROOT = join(import.meta.dirname, '../../web/dist');

/** Opens the data directory and listens. @throws Failure with one clear line for what a person can mend. */
export async function startServer(settings: Settings, clock: Clock = systemClock): Promise<RunningServer> {
  const engine = await openEngine(settings, { clock });
  try {
    return await listen(settings, engine, clock);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function listen(settings: Settings, engine: OpenEngine, clock: Clock): Promise<RunningServer> {
  const { host, port } = parseAddress(settings.listen, 'listen');
  const sessions = new Sessions(clock);
  const adminToken =
    settings.admin_token === '' ? randomBytes(24).toString('base64url') : settings.admin_token;
  engine.keys.setAdminToken(adminToken);
  const readings = new Upcasts(engine.packs.values());
  let ready = false;
  let url = '';
  const services: Services = {
    log: engine.log,
    clock,
    disk: engine.disk,
    tenants: engine.tenants,
    keys: engine.keys,
    sessions,
    engine,
    accessLog: new AccessLog(engine.pipeline, clock),
    activity: new Activity(clock),
    metrics: new Metrics(engine),
    packs: new Map(
      [...engine.packs.values()]
        .filter(({ name }) => name !== PLATFORM_PACK)
        .map(({ name, regions }) => [name, regions]),
    ),
    host: settings.origin,
    webRoot: WEB_ROOT,
    isReady: () => ready,
    stillValid: (principal) =>
      principal.session ? sessions.has(principal.credential) : engine.keys.has(principal.credential),
    // What a pack sets is YAML, and so JSON.
    upcast: (tenant, record) =>
      readings.read(engine.tenants.get(tenant)?.packs ?? [], record) as StoredRecord['upcast'],
    streamsOf: (tenant) => streamsOf(engine.packs, tenant.packs),
    eventTypesOf: (tenant) => eventTypesOf(engine.packs, tenant.packs),
    loadDemo: () => loadDemo(engine, url, adminToken, () => undefined),
  };
  const app = await buildApp(services);
  try {
    await app.listen({ host, port });
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE')
      throw new Failure(
        'port_taken',
        `The address ${settings.listen} is taken; stop what listens there, or set PROOFLOG_LISTEN.`,
      );
    throw new Failure('bad_setting', `Cannot listen on ${settings.listen} (${systemCode(error)}).`, {
      cause: error,
    });
  }
  const address = app.server.address() as AddressInfo;
  url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  ready = true;
  return {
    url,
    engine,
    adminToken,
    signInLink: () => `${url}/signin#token=${sessions.createLink()}`,
    async stop() {
      ready = false;
      await app.close();
      await engine.close();
    },
  };
}
