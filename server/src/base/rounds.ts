/** Work done round after round, and on demand; one round at a time. */
export class Rounds<What, Result> {
  readonly #work: (what: What) => Promise<Result>;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(work: (what: What) => Promise<Result>) {
    this.#work = work;
  }

  /** The work should come to an end when it sees this. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * @param every milliseconds from the end of one round to the beginning of the next.
   * @param first milliseconds to the first.
   */
  start(what: What, every: number, onError: (error: unknown) => void, first = 0): void {
    const later = (wait: number): void => {
      this.#timer = setTimeout(() => void round(), wait).unref();
    };
    const round = async (): Promise<void> => {
      await this.run(what).catch(onError);
      if (!this.#stopped) later(every);
    };
    later(first);
  }

  run(what: What): Promise<Result> {
    const next = this.#last.then(() => this.#work(what));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Lets what is under way finish. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#last;
  }
}
