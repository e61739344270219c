/**
 * A child logger that is made when it first logs. Every call gets one to speak of it, most calls never use it, and
 * making one of pino's costs 2 µs.
 */

/** What code that speaks of one call needs of a logger; pino's has it too. */
export interface LineLogger {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
  child(fields: object): LineLogger;
}

export class LateLogger implements LineLogger {
  readonly #make: () => LineLogger;
  #made: LineLogger | null = null;

  /** @param make called at most once, as in `() => logger.child({ attemptId })` */
  constructor(make: () => LineLogger) {
    this.#make = make;
  }

  info(fields: object, text: string): void {
    this.#logger().info(fields, text);
  }

  warn(fields: object, text: string): void {
    this.#logger().warn(fields, text);
  }

  error(fields: object, text: string): void {
    this.#logger().error(fields, text);
  }

  child(fields: object): LateLogger {
    return new LateLogger(() => this.#logger().child(fields));
  }

  #logger(): LineLogger {
    this.#made ??= this.#make();
    return this.#made;
  }
}
