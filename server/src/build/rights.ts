import { join } from 'node:path';
import type { TenantInfo, Tenants } from '../access/tenants.js';
import { AccessLog } from '../api/access-log.js';
import { systemClock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import type { Settings } from '../base/settings.js';
import type { LogName } from '../event/stages.js';
import { compileHolding } from '../query/compile.js';
import type { Surroundings } from '../rights/erasure.js';
import type { OpenEngine } from './engine.js';
import { ALL_TIME, streamsOf } from './streams.js';

const SEALED_WITHIN_MS = 30_000;

/** @throws Failure `not_found`. */
export function known(tenants: Tenants, id: string): TenantInfo {
  const tenant = tenants.get(id);
  if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.');
  return tenant;
}

/** What an erasure needs of the other rooms. */
export function surroundings(
  settings: Settings,
  rooms: Pick<OpenEngine, 'pipeline' | 'sealer' | 'store' | 'tenants' | 'packs'>,
): Surroundings {
  /** Where the pack puts records about rights. */
  const adminLog = (tenant: string): LogName => `${tenant}/admin`;
  const accessLog = new AccessLog(rooms.pipeline, systemClock);
  const own = [
    'journal',
    'ledger',
    'quarantine',
    'store',
    'keys',
    'control.db',
    'control.db-wal',
    'control.db-shm',
  ];
  const others = settings.erasure_scan.split(',').filter((path) => path.trim() !== '');
  return {
    async record(tenant, by, record) {
      const position = await accessLog.record(known(rooms.tenants, tenant), by, {
        ...record,
        entity: { type: 'subject', id: record.subject },
      });
      if (!(await rooms.sealer.sealedTo(position, AbortSignal.timeout(SEALED_WITHIN_MS), adminLog(tenant))))
        throw new Failure(
          'not_sealed',
          'The record of the erasure is on disk but not sealed yet; ask again.',
        );
    },
    async rowsHolding(id, text) {
      const tenant = known(rooms.tenants, id);
      const scope = { tenant: id, streams: streamsOf(rooms.packs, tenant.packs), ...ALL_TIME };
      const [row] = await rooms.store.query<{ n: string | number }>(
        compileHolding(text, { ...scope, now: systemClock() }),
      );
      return Number(row?.n ?? 0);
    },
    places: [
      ...own.map((name) => ({ name, path: join(settings.data, name) })),
      ...others.map((path, i) => ({ name: `erasure_scan ${i + 1}`, path: path.trim() })),
    ],
  };
}
