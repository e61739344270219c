/** What must be ended, in the order in which it was started. */
export interface Stops {
  /** @returns what was started, to be ended by `stop` */
  add<T extends { stop(): Promise<unknown> }>(started: T): T;
  /** Ends the last started first; once, however often it is asked for. */
  stop(): Promise<void>;
}

export function createStops(): Stops {
  const started: { stop(): Promise<unknown> }[] = [];
  return {
    add(one) {
      started.push(one);
      return one;
    },
    async stop() {
      for (let one = started.pop(); one !== undefined; one = started.pop()) await one.stop();
    },
  };
}
