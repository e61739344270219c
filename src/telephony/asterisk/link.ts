/** One link to Asterisk, from the first step of its set-up: it ends once, from either side, and is not reused. */
export class Link {
  readonly #onBroken: (reason: string) => void;
  #over = false;
  #release: () => void = () => undefined;

  /** @param onBroken called once, after everything opened is closed; not where the link was ended by `end` */
  constructor(onBroken: (reason: string) => void) {
    this.#onBroken = onBroken;
  }

  /** It broke or was ended: further events of it are ignored. */
  get over(): boolean {
    return this.#over;
  }

  /** @throws {Error} where the link is over: nothing more may be started on it */
  assertNotOver(): void {
    if (this.#over) throw new Error("the link is over");
  }

  /**
   * Takes ownership of what was opened, to be closed when the link is over; at once where it already is.
   * @throws {Error} then
   */
  hold(close: () => void): void {
    if (this.#over) close();
    this.assertNotOver();
    this.#release = close;
  }

  /** Ends it. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
  }

  /** The link failed; the first reason counts, and none after the end. */
  broke(reason: string): void {
    if (this.#over) return;
    this.end();
    this.#onBroken(reason);
  }
}
