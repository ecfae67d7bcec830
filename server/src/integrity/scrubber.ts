import { setTimeout as sleep } from 'node:timers/promises';
import { toRfc3339 } from '../base/clock.js';
import { Follower } from '../event/follow.js';
import type { LogName } from '../event/stages.js';
import { Findings, type FindingsOptions, type OpenFinding } from './findings.js';
import { checkFolders } from './folders.js';
import { LogWatch } from './log-watch.js';
import { Rounds } from './rounds.js';
import type { Scene, Steps } from './scene.js';

export interface ScrubberOptions extends FindingsOptions {
  readonly scene: Omit<Scene, 'report'>;
  /** Bytes read per second at most. */
  readonly rate: number;
  /** Milliseconds between the beginnings of two rounds, at least. */
  readonly every: number;
  readonly onError: (error: unknown) => void;
}

/** What a log's last round and the one under way say. */
export interface LogIntegrity {
  readonly log: LogName;
  readonly size: number;
  readonly position: number;
  /** RFC 3339, and the entries the log had then; null before the first. */
  readonly lastRound: { readonly finishedAt: string; readonly size: number } | null;
  readonly findings: readonly OpenFinding[];
}

const WAIT_MS = 20;
/** Sleeping is worth it from here on; shorter debts are carried over. Milliseconds. */
const SHORTEST_PAUSE_MS = 5;

/**
 * Goes through everything in the ledger, round after round, and through what was newly sealed in between, within
 * a rate of bytes per second. One step is at most one bundle, one block or some names.
 */
export class Scrubber {
  readonly #o: ScrubberOptions;
  readonly #scene: Scene;
  readonly #findings: Findings;
  readonly #rounds: Rounds;
  readonly #follower: Follower;
  readonly #watches = new Map<LogName, LogWatch>();
  #main: AsyncGenerator<'work' | 'wait' | 'rest', void>;
  #fresh: Steps | null = null;
  #freshTurn = false;
  /** Whether the directory was held against the manifest since the start. */
  #reconciled = false;
  #roundBegan = Number.NEGATIVE_INFINITY;
  #debt = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: ScrubberOptions, findings: Findings, rounds: Rounds) {
    this.#o = options;
    this.#findings = findings;
    this.#rounds = rounds;
    this.#scene = { ...options.scene, report: (log, found) => findings.raise(log, found) };
    for (const head of options.scene.heads.all()) this.#watch(head.log, false);
    this.#main = this.#run();
    this.#follower = new Follower((signal) => this.#work(signal), options.onError);
  }

  static async open(options: ScrubberOptions): Promise<Scrubber> {
    return new Scrubber(options, await Findings.load(options), await Rounds.load(options.db));
  }

  start(): void {
    this.#follower.start();
  }

  /** To be called after each sealing. */
  wake(): void {
    this.#follower.wake();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#follower.stop();
  }

  get openFindings(): number {
    return this.#findings.openCount;
  }

  /** Since the start of the program. */
  get totalFindings(): number {
    return this.#findings.total;
  }

  /** Bytes since the start of the program, small files counted as 16 KiB. */
  get readBytes(): number {
    return this.#scene.files.cost;
  }

  /** All logs with a head, and the folders beside them that have findings (`<tenant>/-`, `-/-`). */
  status(): LogIntegrity[] {
    const logs = new Set([...this.#scene.heads.all().map((head) => head.log), ...this.#findings.logs()]);
    return [...logs].sort().map((log) => ({
      log,
      size: this.#scene.heads.get(log)?.size ?? 0,
      position: this.#watches.get(log)?.position ?? 0,
      lastRound: this.#rounds.get(log),
      findings: this.#findings.open(log),
    }));
  }

  /**
   * One bounded piece: of what was newly sealed and of the round under way in turn.
   * @returns `rest` when a round is over and nothing is newly sealed, `wait` when the sealer must get on first.
   * @throws what reading throws; the next step begins the round anew.
   */
  async step(): Promise<'work' | 'wait' | 'rest'> {
    await this.#findings.deliver();
    this.#freshTurn = !this.#freshTurn;
    if (this.#freshTurn && (await this.#freshStep())) return 'work';
    try {
      const { value } = await this.#main.next();
      if (value === 'rest' && (await this.#freshStep())) return 'work';
      return value ?? 'work';
    } catch (error) {
      this.#main = this.#run();
      throw error;
    }
  }

  #watch(log: LogName, isNew: boolean): LogWatch {
    const watch = this.#watches.get(log) ?? new LogWatch(this.#scene, log, isNew);
    this.#watches.set(log, watch);
    return watch;
  }

  #all(): LogWatch[] {
    return this.#scene.heads.all().map((head) => this.#watch(head.log, true));
  }

  async #freshStep(): Promise<boolean> {
    this.#fresh ??=
      this.#all()
        .find((watch) => watch.hasFresh)
        ?.fresh() ?? null;
    if (this.#fresh === null) return false;
    try {
      if ((await this.#fresh.next()).done) this.#fresh = null;
    } catch (error) {
      this.#fresh = null;
      throw error;
    }
    return true;
  }

  async *#run(): AsyncGenerator<'work' | 'wait' | 'rest', void> {
    if (!this.#reconciled)
      for (const watch of this.#all()) {
        yield* watch.manifest();
        yield* watch.unexpected();
      }
    this.#reconciled = true;
    for (;;) {
      this.#roundBegan = performance.now();
      yield* this.#folders();
      for (const watch of this.#all()) yield* this.#log(watch);
      yield 'rest';
    }
  }

  async *#folders(): Steps {
    const since = this.#findings.mark();
    const isTenant = (id: string): boolean => this.#o.tenant(id) !== undefined;
    const seen = yield* checkFolders(this.#scene, isTenant);
    for (const log of seen ?? []) await this.#closeUnmet(log, since);
  }

  async *#log(watch: LogWatch): Steps {
    const since = this.#findings.mark();
    const size = yield* watch.round();
    if (size === null) return;
    await this.#closeUnmet(watch.log, since);
    await this.#rounds.save(watch.log, toRfc3339(this.#o.clock()), size);
  }

  async #closeUnmet(log: LogName, since: number): Promise<void> {
    for (const finding of this.#findings.unmet(log, since)) await this.#findings.close(finding);
  }

  async #work(signal: AbortSignal): Promise<boolean> {
    const [began, cost] = [performance.now(), this.readBytes];
    const state = await this.step();
    this.#debt += ((this.readBytes - cost) / this.#o.rate) * 1_000 - (performance.now() - began);
    if (state === 'rest') {
      this.#debt = 0;
      const left = Math.max(0, this.#roundBegan + this.#o.every - performance.now());
      clearTimeout(this.#timer);
      if (left === 0) return true;
      this.#timer = setTimeout(() => this.wake(), left).unref();
      return false;
    }
    const pause = state === 'wait' ? Math.max(WAIT_MS, this.#debt) : this.#debt;
    if (pause < SHORTEST_PAUSE_MS) return true;
    this.#debt = 0;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    return true;
  }
}
