import { join } from 'node:path';
import {
  formatProofLine,
  leafHash,
  logFiles,
  type ManifestLog,
  setPath,
  setPathOfLeafHashes,
  tileHashes,
  utf8,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { LogName, RecordPlace, Sealed } from '../event/stages.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Selection } from './selection.js';
import type { ZipFile } from './zip.js';

const BREAK = Uint8Array.of(10);

/** One state of one log: everything exported from it is proven under this checkpoint. */
export interface Snapshot {
  readonly log: LogName;
  readonly stream: string;
  readonly origin: string;
  /** The signed note as published. */
  readonly checkpoint: Uint8Array;
  readonly size: number;
  /** Entries below it expired. */
  readonly minimum: number;
  /** Records that nobody is shown. */
  readonly withheld: readonly RecordPlace[];
}

/**
 * The files of one log in an export. They are read from the ledger and from it alone: the store says which
 * records match, never what they are. Each file is one more pass over the chosen leaves, so that memory holds a
 * bundle and a block, however large the export is.
 */
export class LogExport {
  readonly snapshot: Snapshot;
  readonly #chosen: Selection;
  /** Records among the chosen that were not asked for: they prove erasures. */
  readonly #evidence: number;
  readonly #disk: Disk;
  readonly #ledger: LedgerReader;
  readonly #minimum: (log: LogName) => number;

  /** @param minimum as it is now: more may expire while the records are read. */
  constructor(
    disk: Disk,
    ledger: LedgerReader,
    snapshot: Snapshot,
    { chosen, evidence }: { chosen: Selection; evidence: number },
    minimum: (log: LogName) => number,
  ) {
    this.#minimum = minimum;
    this.#disk = disk;
    this.#ledger = ledger;
    this.snapshot = snapshot;
    this.#chosen = chosen;
    this.#evidence = evidence;
  }

  get manifest(): ManifestLog {
    const { stream, origin, size, minimum, withheld } = this.snapshot;
    return {
      ...{ stream, origin, size, records: this.#chosen.size },
      ...(minimum === 0 ? {} : { minimum_index: minimum }),
      ...(withheld.length === 0 ? {} : { quarantined: withheld.length }),
      ...(this.#evidence === 0 ? {} : { evidence: this.#evidence }),
    };
  }

  /** @throws Failure while they are read: `expired` when something did meanwhile, `ledger_conflict` when a file is missing. */
  files(): ZipFile[] {
    const names = logFiles(this.snapshot.stream);
    return [
      { name: names.records, content: this.#records() },
      { name: names.proofs, content: this.#proofs() },
      { name: names.path, content: this.#path() },
      { name: names.checkpoint, content: [this.snapshot.checkpoint] },
    ];
  }

  async *#leaves(): AsyncGenerator<{ sealed: Sealed; slots: number[] }> {
    let i = 0;
    const { log, size, minimum } = this.snapshot;
    try {
      for await (const sealed of this.#ledger.pick(log, this.#chosen.leaves, size))
        yield { sealed, slots: this.#chosen.slotsOf(i++) };
    } catch (error) {
      if (!(error instanceof Failure) || this.#minimum(log) === minimum) throw error;
      throw new Failure('expired', 'Records expired while they were being exported; make the export again.', {
        cause: error,
      });
    }
  }

  async *#records(): AsyncGenerator<Uint8Array> {
    for await (const { sealed, slots } of this.#leaves())
      for (const slot of slots) {
        yield recordAt(sealed, slot);
        yield BREAK;
      }
  }

  async *#proofs(): AsyncGenerator<Uint8Array> {
    for await (const { sealed, slots } of this.#leaves()) {
      yield utf8(await proofLine(sealed, slots));
      yield BREAK;
    }
  }

  #path(): AsyncGenerator<Uint8Array> {
    const { log, size } = this.snapshot;
    const dir = this.#ledger.dirOf(log);
    return setPath(
      this.#chosen.leaves,
      size,
      tileHashes(size, (file) => this.#disk.readFile(join(dir, file))),
    );
  }
}

function recordAt({ log, leaf, records }: Sealed, slot: number): Uint8Array {
  const record = records[slot];
  if (record === undefined)
    throw new Failure('ledger_conflict', `Leaf ${leaf} of ${log} has no record ${slot}.`);
  return record;
}

async function proofLine(sealed: Sealed, slots: readonly number[]): Promise<string> {
  const { leaf, hash, bytes, records } = sealed;
  if (records[0] === bytes) return formatProofLine({ leaf, records: [{ slot: 0, hash }] });
  const hashes = records.map((record) => leafHash(record));
  return formatProofLine({
    leaf,
    records: slots.map((slot) => ({ slot, hash: hashes[slot] as Uint8Array })),
    block: { descriptor: bytes, path: await setPathOfLeafHashes(slots, hashes) },
  });
}
