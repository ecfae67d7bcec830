import { setTimeout as sleep } from 'node:timers/promises';
import {
  consistencyPath,
  type FileReader,
  formatNote,
  type Note,
  NoteError,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  tileHashes,
  toBase64,
  verifyCosignatures,
} from '@prooflog/proof';
import { Follower } from '../event/follow.js';
import { askWitness, type RemoteWitness, WitnessError } from './client.js';
import { formatAddCheckpoint } from './request.js';

/** One of our logs, as far as having it cosigned needs it. */
export interface OwnLog {
  /** Size of the latest checkpoint. */
  size(): number;
  /** The latest signed checkpoint. */
  checkpoint(): Promise<string | null>;
  /** Reads a tile. */
  readonly read: FileReader;
  /** Takes a cosignature of this checkpoint, which need not be the latest any more. */
  publish(cosigned: Note, cosignature: NoteSignature): Promise<void>;
}

export interface RoundsOptions {
  readonly log: OwnLog;
  readonly witnesses: readonly RemoteWitness[];
  /** Milliseconds between two requests to one witness. */
  readonly interval: number;
  readonly onError: (witness: string, error: unknown) => void;
  readonly onCosigned: (witness: string) => void;
}

interface Asked {
  readonly witness: RemoteWitness;
  /** Size of the tree it saw last, as far as we know. */
  seen: number;
  /** Size of the latest checkpoint it cosigned. */
  cosigned: number;
  busy: Promise<void> | null;
  failures: number;
  /** On the clock of `performance.now()`. */
  notBefore: number;
}

/** A witness that fails is asked ever more rarely, up to this. */
const LONGEST_BACKOFF_MS = 60_000;

/**
 * Has one log cosigned, in rounds: all witnesses that are free are asked for the same checkpoint, so that their
 * cosignatures come to stand under one. A round waits for none of them; one that is slow or down joins a later one.
 */
export class Rounds {
  readonly #o: RoundsOptions;
  readonly #asked: readonly Asked[];
  readonly #follower: Follower;
  #last = Number.NEGATIVE_INFINITY;
  #known = false;

  constructor(options: RoundsOptions) {
    this.#o = options;
    this.#asked = options.witnesses.map((witness) => ({
      witness,
      seen: 0,
      cosigned: 0,
      busy: null,
      failures: 0,
      notBefore: 0,
    }));
    this.#follower = new Follower(
      (signal) => this.#round(signal),
      (error) => options.onError('', error),
    );
  }

  start(): void {
    this.#follower.start();
  }

  wake(): void {
    if (this.#behind().length > 0) this.#follower.wake();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    await Promise.all(this.#asked.map((a) => a.busy));
  }

  /** Names of the witnesses that have not cosigned the latest checkpoint. */
  waiting(): string[] {
    return this.#behind().map((a) => a.witness.name);
  }

  #behind(): Asked[] {
    const size = this.#o.log.size();
    return this.#asked.filter((a) => a.cosigned < size);
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    await sleep(Math.max(0, this.#last + this.#o.interval - performance.now()), undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted || this.#behind().length === 0) return false;
    this.#last = performance.now();
    // Some are behind, but none can be asked now: the next round looks again.
    if (this.#free().length === 0) return true;
    const signed = await this.#o.log.checkpoint();
    if (signed === null) return false;
    const published = parseNote(signed);
    if (!this.#known) this.#recall(published);
    for (const asked of this.#free()) this.#ask(asked, ownSignatures(published), signal);
    return true;
  }

  #free(): Asked[] {
    return this.#behind().filter((a) => a.busy === null && a.notBefore <= performance.now());
  }

  /** After a restart: who stands under the checkpoint already. */
  #recall(note: Note): void {
    this.#known = true;
    const { size } = parseCheckpoint(note.text);
    for (const asked of this.#asked)
      try {
        if (verifyCosignatures(note, [asked.witness.key]).length > 0) asked.seen = asked.cosigned = size;
      } catch (error) {
        // It does not hold, so the witness is asked again.
        if (!(error instanceof NoteError)) throw error;
      }
  }

  #ask(asked: Asked, note: Note, signal: AbortSignal): void {
    asked.busy = this.#request(asked, note, signal)
      .then(
        () => {
          asked.failures = 0;
        },
        (error: unknown) => {
          if (signal.aborted) return;
          asked.failures += 1;
          const pause = Math.min(LONGEST_BACKOFF_MS, this.#o.interval * 2 ** asked.failures);
          // Jitter keeps those that failed together from coming back together.
          asked.notBefore = performance.now() + pause * (0.5 + Math.random() / 2);
          this.#o.onError(asked.witness.name, error);
        },
      )
      .finally(() => {
        asked.busy = null;
      });
  }

  async #request(asked: Asked, note: Note, signal: AbortSignal): Promise<void> {
    const { size } = parseCheckpoint(note.text);
    const { seen } = asked;
    if (seen > size) {
      // Asked anew next time, in case it was the witness that erred.
      asked.seen = 0;
      throw new WitnessError('It has seen a larger tree of this log than there is here.');
    }
    const path = await consistencyPath(seen, size, tileHashes(size, this.#o.log.read));
    const body = formatAddCheckpoint(seen, path.map(toBase64), formatNote(note));
    const reply = await askWitness(asked.witness, note, body, signal);
    if (reply.kind === 'elsewhere') {
      if (reply.size === seen) throw new WitnessError('It has seen another tree of this log and size.');
      asked.seen = reply.size;
      return;
    }
    asked.seen = size;
    asked.cosigned = size;
    this.#o.onCosigned(asked.witness.name);
    await this.#o.log.publish(note, reply.signature);
  }
}

/** What a log sends: cosignatures of others are no business of a witness. */
function ownSignatures(note: Note): Note {
  const { origin } = parseCheckpoint(note.text);
  return { text: note.text, signatures: note.signatures.filter((s) => s.name === origin) };
}
