import type { Kysely } from 'kysely';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../base/settings.js';
import { MeteredFiles } from '../integrity/files.js';
import { Scrubber } from '../integrity/scrubber.js';
import type { IntegrityTables } from '../integrity/tables.js';
import type { OpenEngine } from './engine.js';
import type { LedgerRooms } from './ledger.js';
import { platformSender } from './security.js';

interface Rooms extends LedgerRooms, Pick<OpenEngine, 'pipeline' | 'journal' | 'sealer' | 'tenants' | 'log'> {
  readonly db: Kysely<IntegrityTables>;
}

/** The watch over the stored ledger. It knows what the sealer is at, so as not to take that for an intruder's work. */
export function openScrubber(
  settings: Settings,
  rooms: Rooms,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<Scrubber> {
  const { db, pipeline, journal, sealer, tenants, log } = rooms;
  const { dir, heads, manifest, signer, originOf, minimums, ledger } = rooms;
  let settled = heads.position;
  sealer.onSealed(() => {
    settled = heads.position;
  });
  return Scrubber.open({
    ...{ db, sink: pipeline, tenant: platformSender(tenants), log, clock, onError },
    rate: Number(settings.integrity_rate),
    every: Number(settings.integrity_round) * 1_000,
    scene: {
      ...{ dir, files: new MeteredFiles(), heads, manifest, signer, origin: originOf },
      minimum: (name) => minimums.of(name),
      sealing: {
        begun: () => journal.durable,
        settled: (name) => (name !== undefined && heads.stopped.has(name) ? 0 : settled),
        quiet: () => ledger.quiet && settled === heads.position,
      },
    },
  });
}
