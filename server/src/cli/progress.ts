/** One line on standard error for what takes longer than a moment; plain lines where there is no terminal. */
export class Progress {
  readonly #label: string;
  readonly #tty = process.stderr.isTTY === true;
  #last = 0;

  constructor(label: string) {
    this.#label = label;
  }

  update(text: string): void {
    const now = Date.now();
    if (now - this.#last < (this.#tty ? 100 : 2_000)) return;
    this.#last = now;
    process.stderr.write(this.#tty ? `\r\x1b[2K${this.#label}: ${text}` : `${this.#label}: ${text}\n`);
  }

  done(text: string): void {
    process.stderr.write(this.#tty ? `\r\x1b[2K${this.#label}: ${text}\n` : `${this.#label}: ${text}\n`);
  }
}
