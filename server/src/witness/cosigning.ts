import type { Clock } from '../base/clock.js';
import type { LogName } from '../event/stages.js';
import type { WitnessPlan } from './remote.js';
import { type OwnLog, Rounds } from './rounds.js';

export interface CosigningOptions {
  readonly plan: WitnessPlan;
  readonly clock: Clock;
  /** All logs there are now. */
  readonly logs: () => Iterable<LogName>;
  readonly originOf: (log: LogName) => string;
  readonly open: (log: LogName) => OwnLog;
  readonly onError: (witness: string, error: unknown) => void;
  /** Milliseconds between two requests to one witness about one log. */
  readonly interval?: number;
}

/** One witness as the metrics show it. */
export interface WitnessHealth {
  readonly name: string;
  /** Seconds since its last cosignature of any log; null before the first since the start. */
  readonly age: number | null;
  /** Logs whose latest checkpoint it has not cosigned. */
  readonly waiting: number;
}

const INTERVAL_MS = 1_000;

/** Has our logs cosigned by the witnesses of a policy. Nothing waits for it: a log that nobody cosigns goes on. */
export class Cosigning {
  readonly #o: CosigningOptions;
  readonly #rounds = new Map<LogName, Rounds>();
  readonly #last = new Map<string, number>();
  #stopped = false;

  constructor(options: CosigningOptions) {
    this.#o = options;
  }

  /** To be called after each checkpoint. */
  wake(): void {
    if (this.#stopped) return;
    for (const log of this.#o.logs())
      if (this.#o.plan.covers(this.#o.originOf(log))) (this.#rounds.get(log) ?? this.#open(log)).wake();
  }

  #open(log: LogName): Rounds {
    const rounds = new Rounds({
      log: this.#o.open(log),
      witnesses: this.#o.plan.witnesses,
      interval: this.#o.interval ?? INTERVAL_MS,
      onError: this.#o.onError,
      onCosigned: (witness) => void this.#last.set(witness, this.#o.clock()),
    });
    this.#rounds.set(log, rounds);
    rounds.start();
    return rounds;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#rounds.values()].map((rounds) => rounds.stop()));
  }

  health(): WitnessHealth[] {
    const waiting = [...this.#rounds.values()].flatMap((rounds) => rounds.waiting());
    return this.#o.plan.witnesses.map(({ name }) => {
      const last = this.#last.get(name);
      return {
        name,
        age: last === undefined ? null : Math.max(0, (this.#o.clock() - last) / 1_000),
        waiting: waiting.filter((other) => other === name).length,
      };
    });
  }
}
