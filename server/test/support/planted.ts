import { canonicalize } from '@prooflog/proof';
import { parseUuid } from '../../src/base/uuid.js';
import { mintGuarded } from '../../src/event/mint/guarded.js';
import type { Guarded, LogName } from '../../src/event/stages.js';
import { uuid7 } from './events.js';

type Members = { readonly [key: string]: unknown };

const NO_HASH = '0'.repeat(64);
const idOf = (eventId: string): Uint8Array => parseUuid(eventId) as Uint8Array;

/**
 * Records as an earlier ruleset let them through: past the guard, into the journal, and from there the way of all others.
 */
export function plantedEvent(log: LogName, parts: Members): { eventId: string; entry: Guarded } {
  const eventId = uuid7();
  const [tenant, stream] = log.split('/');
  const payload = Buffer.from(
    canonicalize({
      action: 'policy_changed',
      actor: { id: 'sub_aaaaaaaaaaaaaaaaaaaaaaaaaa', ip: '203.0.113.0', type: 'user' },
      entity: { id: 'pol-7', type: 'policy' },
      event_id: eventId,
      event_type: 'audit',
      event_version: 1,
      integrity: { prev_hash: NO_HASH },
      occurred_at: new Date().toISOString(),
      recorded_at: new Date().toISOString(),
      result: 'success',
      stream,
      tenant: { id: tenant, slug: 'acme' },
      ...parts,
    }),
  );
  const patch = payload.indexOf(NO_HASH);
  return { eventId, entry: mintGuarded({ kind: 'record', log, eventId: idOf(eventId), patch, payload }) };
}

/** A block of log records with these parts of `data`. */
export function plantedLogs(
  tenant: string,
  lines: readonly Members[],
  at: number = Date.now(),
): { eventIds: string[]; entry: Guarded } {
  const eventIds = lines.map(() => uuid7());
  const records = lines.map((data, i) => {
    const record = Buffer.from(
      canonicalize({
        data: { level: 'INFO', message: 'a line', ...data },
        event_id: eventIds[i],
        event_type: 'log',
        event_version: 1,
        occurred_at: new Date(at).toISOString(),
        recorded_at: new Date(at).toISOString(),
        stream: 'logs',
        tenant: { id: tenant, slug: 'acme' },
      }),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    return Buffer.concat([length, record]);
  });
  const entry = mintGuarded({
    kind: 'block',
    log: `${tenant}/logs`,
    eventId: idOf(eventIds[0] ?? ''),
    patch: lines.length,
    payload: Buffer.concat(records),
  });
  return { eventIds, entry };
}
