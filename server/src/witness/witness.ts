import { verify } from 'node:crypto';
import {
  type Checkpoint,
  cosign,
  EMPTY_ROOT,
  equalBytes,
  formatCosignerVkey,
  formatNote,
  formatSignatureLine,
  type Note,
  NoteError,
  type NoteSigner,
  utf8,
  type Vkey,
  verifyConsistency,
  verifyNote,
} from '@prooflog/proof';
import type { Kysely } from 'kysely';
import type { Clock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { type AddCheckpoint, parseAddCheckpoint } from './request.js';
import type { WitnessTables } from './tables.js';

/** What a witness answers besides failures. */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** The log must begin at the size the witness saw last. */
  | { readonly kind: 'conflict'; readonly size: number };

interface Seen {
  readonly size: number;
  readonly root: Uint8Array;
  readonly stored: boolean;
}

/** A witness of other people's logs (c2sp.org/tlog-witness): it signs for one history of each log, and no second one. */
export class Witness {
  /** The verifier key, for the policies of others. */
  readonly vkey: string;
  readonly #db: Kysely<WitnessTables>;
  readonly #logs: ReadonlyMap<string, readonly Vkey[]>;
  readonly #signer: NoteSigner;
  readonly #clock: Clock;
  /** Seconds since 1970 of the latest cosignature of all. */
  #latest: number;

  private constructor(
    db: Kysely<WitnessTables>,
    logs: ReadonlyMap<string, readonly Vkey[]>,
    signer: NoteSigner,
    clock: Clock,
    latest: number,
  ) {
    this.#db = db;
    this.#logs = logs;
    this.#signer = signer;
    this.#clock = clock;
    this.#latest = latest;
    this.vkey = formatCosignerVkey(signer.name, signer.pub);
  }

  static async load(
    db: Kysely<WitnessTables>,
    logs: ReadonlyMap<string, readonly Vkey[]>,
    signer: NoteSigner,
    clock: Clock,
  ): Promise<Witness> {
    const row = await db
      .selectFrom('witnessed')
      .select((e) => e.fn.max('cosigned_at').as('latest'))
      .executeTakeFirst();
    return new Witness(db, logs, signer, clock, row?.latest ?? 0);
  }

  /**
   * Cosigns a checkpoint that continues what was seen of its log.
   * @param body as c2sp.org/tlog-witness has it.
   * @throws Failure `bad_request`, `unknown_log`, `untrusted_checkpoint` or `inconsistent`.
   */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const request = parseAddCheckpoint(body);
    const { checkpoint, note, old } = request;
    this.#checkSignature(note, checkpoint.origin);
    if (old > checkpoint.size)
      throw new Failure('bad_request', 'The old size is larger than the checkpoint.', { field: 'old' });
    const seen = await this.#seen(checkpoint.origin);
    if (old !== seen.size) return { kind: 'conflict', size: seen.size };
    // Two trees of one size: the specification wants the same answer as for a wrong size.
    if (old === checkpoint.size && !equalBytes(seen.root, checkpoint.root))
      return { kind: 'conflict', size: seen.size };
    if (!continues(request, seen))
      throw new Failure('inconsistent', 'The proof does not lead from the old size to the checkpoint.');
    const time = this.#now();
    // Only now, and only if nobody else moved it meanwhile: a reply never precedes what it rests on.
    if (!(await this.#move(seen, checkpoint, time)))
      return { kind: 'conflict', size: (await this.#seen(checkpoint.origin)).size };
    return { kind: 'cosigned', lines: formatSignatureLine(await cosign(note.text, this.#signer, time)) };
  }

  /** A clock that was set back must not make a later tree look earlier. */
  #now(): number {
    this.#latest = Math.max(this.#latest, Math.floor(this.#clock() / 1_000));
    return this.#latest;
  }

  #checkSignature(note: Note, origin: string): void {
    const keys = this.#logs.get(origin);
    if (keys === undefined) throw new Failure('unknown_log', 'This witness does not know the log.');
    const refused = new Failure(
      'untrusted_checkpoint',
      'No signature of the checkpoint is by a known key of its log.',
    );
    const own = note.signatures.filter((s) =>
      keys.some((key) => key.name === s.name && equalBytes(key.id, s.id)),
    );
    // Anybody may send anything here. OpenSSL refuses a hundred times faster than the strict check below.
    const plausible = (s: Note['signatures'][number]): boolean =>
      keys.some((key) => equalBytes(key.id, s.id) && quickly(key.pub, note.text, s.signature));
    if (own.length === 0 || !own.every(plausible)) throw refused;
    try {
      verifyNote(formatNote({ text: note.text, signatures: own.slice(0, keys.length) }), keys);
    } catch (error) {
      if (error instanceof NoteError) throw refused;
      throw error;
    }
  }

  async #seen(origin: string): Promise<Seen> {
    const row = await this.#db
      .selectFrom('witnessed')
      .select(['size', 'root'])
      .where('origin', '=', origin)
      .executeTakeFirst();
    return row === undefined
      ? { size: 0, root: EMPTY_ROOT, stored: false }
      : { size: row.size, root: new Uint8Array(row.root), stored: true };
  }

  /** Compare and swap; durable when it returns (the control database commits with `synchronous=FULL`). */
  async #move(seen: Seen, to: Checkpoint, time: number): Promise<boolean> {
    const values = { size: to.size, root: Buffer.from(to.root), cosigned_at: time };
    if (!seen.stored) {
      const inserted = await this.#db
        .insertInto('witnessed')
        .values({ origin: to.origin, ...values })
        .onConflict((c) => c.doNothing())
        .executeTakeFirst();
      return inserted.numInsertedOrUpdatedRows === 1n;
    }
    const updated = await this.#db
      .updateTable('witnessed')
      .set(values)
      .where('origin', '=', to.origin)
      .where('size', '=', seen.size)
      .where('root', '=', Buffer.from(seen.root))
      .executeTakeFirst();
    return updated.numUpdatedRows === 1n;
  }
}

/** Nothing is to be proven from the empty tree, nor between a tree and itself. */
function continues({ old, proof, checkpoint }: AddCheckpoint, seen: Seen): boolean {
  if (old === 0) return proof.length === 0;
  return verifyConsistency({
    size1: old,
    size2: checkpoint.size,
    root1: seen.root,
    root2: checkpoint.root,
    path: proof,
  });
}

/** DER before the 32 bytes of an Ed25519 public key (RFC 8410 §4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function quickly(pub: Uint8Array, text: string, signature: Uint8Array): boolean {
  const key = { key: Buffer.concat([SPKI, pub]), format: 'der', type: 'spki' } as const;
  return verify(null, utf8(text), key, signature);
}
