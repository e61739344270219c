/** Which transactions end where a flow is lost. */
import type { Flow } from "../transport/port.ts";

export class ByFlow<Transaction extends { flowLost(): void }> {
  readonly #sets = new WeakMap<Flow, Set<Transaction>>();

  add(flow: Flow, transaction: Transaction): void {
    const set = this.#sets.get(flow);
    if (set === undefined) this.#sets.set(flow, new Set([transaction]));
    else set.add(transaction);
  }

  delete(flow: Flow, transaction: Transaction): void {
    this.#sets.get(flow)?.delete(transaction);
  }

  lost(flow: Flow): void {
    for (const transaction of [...(this.#sets.get(flow) ?? [])]) transaction.flowLost();
  }
}
