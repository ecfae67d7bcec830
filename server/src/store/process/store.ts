import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Failure } from '../../base/errors.js';
import type { LogName, RecordPlace } from '../../event/stages.js';
import { confined, programFolders } from './confine.js';
import { type IndexRange, READY, type Statement, type StoreAnswer, type StoreRequest } from './protocol.js';

export interface StoreOptions {
  /** The store's own folder; it must exist. */
  readonly dir: string;
  /** Folder of the ledger, which the process reads; it must exist. */
  readonly ledger: string;
  /** Run it under bubblewrap. */
  readonly confine: boolean;
  /** Told when the process ended without being asked to. */
  readonly onCrash: (how: string) => void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Failure) => void;
}

/** A statement has at most 256 KiB. */
const PLACES_AT_ONCE = 1_000;

const ENTRY = join(import.meta.dirname, '../../../bin/store.js');
const gone = (): Failure => new Failure('search_unavailable', 'The search store is being started again.');

/**
 * The search store, in a process of its own (docs/decisions/0005): what goes wrong in the engine ends there, and
 * the process sees no key, no journal and no network. A crashed one is started again by the next call.
 */
export class Store {
  readonly #o: StoreOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: Promise<ChildProcess> | null = null;
  #closed = false;
  #calls = 0;

  private constructor(options: StoreOptions) {
    this.#o = options;
  }

  /** @throws Failure `search_unavailable` when the tables cannot be opened. */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options);
    await store.#running();
    return store;
  }

  /** Runs a query of the compiler's. @throws Failure `search_unavailable`, `timeout`. */
  async query<Row>(statement: Statement): Promise<Row[]> {
    return JSON.parse((await this.#call({ kind: 'query', ...statement })) as string) as Row[];
  }

  /** Puts a range of a log into the store; the same token twice does it once. @returns the number of records. */
  async index(range: IndexRange): Promise<number> {
    return (await this.#call({ kind: 'index', ...range })) as number;
  }

  /** Deletes the rows of a log's leaves below one, in the store's files too. */
  async expire(log: LogName, below: number): Promise<void> {
    await this.#call({ kind: 'expire', log, below });
  }

  /** Leaves nothing of what these records say but id, stream, times, place and hash. */
  async withhold(log: LogName, places: readonly RecordPlace[]): Promise<void> {
    for (let i = 0; i < places.length; i += PLACES_AT_ONCE) {
      const some = places.slice(i, i + PLACES_AT_ONCE).map(({ leaf, slot }) => ({ leaf, slot }));
      await this.#call({ kind: 'withhold', log, places: some });
    }
  }

  /** Deletes the empty row of a record that was withheld. */
  async unveil(log: LogName, { leaf, slot }: RecordPlace): Promise<void> {
    await this.#call({ kind: 'unveil', log, place: { leaf, slot } });
  }

  /** Takes the network addresses out of the rows of a log's leaves from one up to another. */
  async anonymise(log: LogName, from: number, below: number): Promise<void> {
    await this.#call({ kind: 'anonymise', log, from, below });
  }

  /** Throws everything away and makes the tables anew. */
  async recreate(): Promise<void> {
    await this.#call({ kind: 'recreate' });
  }

  /** Lets nothing more in and ends the process. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = await this.#child?.catch(() => null);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    await ended;
  }

  async #call(request: StoreRequest): Promise<unknown> {
    const child = await this.#running();
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      child.send({ id, request }, (error) => {
        if (error === null) return;
        this.#waiting.delete(id);
        reject(gone());
      });
    });
  }

  #running(): Promise<ChildProcess> {
    if (this.#closed) return Promise.reject(gone());
    this.#child ??= this.#start().catch((error: unknown) => {
      this.#child = null;
      throw error;
    });
    return this.#child;
  }

  async #start(): Promise<ChildProcess> {
    const child = this.#spawn();
    child.on('message', (answer: StoreAnswer | typeof READY) => {
      if (answer !== READY) this.#settle(answer);
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (how: string): void =>
        reject(new Failure('search_unavailable', `The search store did not start (${how}).`));
      child.once('message', () => resolve());
      child.once('error', (error) => fail('code' in error ? String(error.code) : 'unknown'));
      child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`));
    });
    child.once('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    return child;
  }

  /** Whatever the engine prints may quote a record: nobody listens. */
  #spawn(): ChildProcess {
    const { dir, ledger, confine } = this.#o;
    // Behind the walls /tmp is in memory and nobody else's.
    const command = [process.execPath, ENTRY, dir, ledger, confine ? '/tmp' : dir];
    const sight = { read: [...programFolders(ENTRY), ledger], write: [dir] };
    const [file = '', ...args] = confine ? confined(command, sight) : command;
    return spawn(file, args, {
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  #settle(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('code' in answer) waiting?.reject(new Failure(answer.code, answer.message));
    else waiting?.resolve(answer.value);
  }

  #ended(how: string): void {
    this.#child = null;
    for (const waiting of this.#waiting.values()) waiting.reject(gone());
    this.#waiting.clear();
    if (!this.#closed) this.#o.onCrash(how);
  }
}
