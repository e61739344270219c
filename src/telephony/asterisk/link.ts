/** One link to Asterisk, from the first step of its making: it ends once, whoever ends it, and does not come back. */
export class Link {
  readonly #onBroken: (reason: string) => void;
  #over = false;
  #release: () => void = () => undefined;

  /** @param onBroken told once, after what was opened is closed; not where the link was ended by `end` */
  constructor(onBroken: (reason: string) => void) {
    this.#onBroken = onBroken;
  }

  /** It broke or was ended: what still comes of it is nobody's business. */
  get over(): boolean {
    return this.#over;
  }

  /** @throws {Error} where the link is over: nothing more may be begun on it */
  assertNotOver(): void {
    if (this.#over) throw new Error("the link is over");
  }

  /**
   * Takes what was opened into its reputation, to be closed when the link is over; at once where it is already.
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

  /** It does not work any more; the first reason counts, and none after the end. */
  broke(reason: string): void {
    if (this.#over) return;
    this.end();
    this.#onBroken(reason);
  }
}
