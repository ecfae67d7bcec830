import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Keys } from '../access/keys.js';
import type { Permission, Principal } from '../access/roles.js';
import type { Sessions } from '../access/sessions.js';
import type { TenantInfo, Tenants } from '../access/tenants.js';
import type { Clock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import type { Logger } from '../base/logger.js';
import type { LogName, Sender } from '../event/stages.js';
import type { AccessLog } from './access-log.js';
import type { Activity } from './activity.js';
import type { StoredRecord } from './contract.js';
import type { Engine } from './engine.js';
import type { Metrics } from './metrics.js';

/** Everything the routes work with. */
export interface Services {
  readonly log: Logger;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly tenants: Tenants;
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly accessLog: AccessLog;
  readonly activity: Activity;
  readonly engine: Engine;
  /** The packs that exist, and the regions each is for; none: all. */
  readonly packs: ReadonlyMap<string, readonly string[]>;
  /** First part of the origins of tenants made from now on. */
  readonly host: string;
  /** Folder of the built pages. */
  readonly webRoot: string;
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  /** Whether the credential still stands: asked again while a stream is open. */
  readonly stillValid: (principal: Principal) => boolean;
  /** Streams in which a tenant may have records. */
  readonly streamsOf: (tenant: TenantInfo) => string[];
  /** Event types that the tenant's packs declare. */
  readonly eventTypesOf: (tenant: TenantInfo) => ReadonlySet<string>;
  /** How the newest version of its event reads a record of this tenant; undefined where that says nothing. */
  readonly upcast: (tenant: string, record: StoredRecord) => StoredRecord['upcast'] | undefined;
  readonly loadDemo: () => Promise<{
    tenant: TenantInfo;
    sent: number;
    accepted: number;
    duplicates: number;
  }>;
}

/** One authenticated request. */
export interface Context {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly principal: Principal;
  /** The tenant the request works in. @throws Failure `forbidden` or `bad_request` when it names none. */
  readonly tenant: () => TenantInfo;
  readonly sender: () => Sender;
}

/** One route of the registry. There is no other way to add one, so none is without a permission. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly permission: Permission;
  readonly handle: (context: Context) => Promise<unknown>;
}

export const logName = (tenant: Pick<TenantInfo, 'id'>, stream: string): LogName => `${tenant.id}/${stream}`;
