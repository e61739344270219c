/**
 * The far ends of one UDP socket. Those that our requests go to are kept apart from those that only wrote to us: who writes
 * forged source ports into datagrams pushes out others of that kind, and nothing that a call of ours uses.
 */
import { LatestMap } from "../../shared/latest-map.ts";
import type { ConnectionRules, SocketAddress } from "./port.ts";
import type { UdpFlow } from "./udp-flow.ts";

export class UdpFlows {
  readonly #make: (remote: SocketAddress) => UdpFlow;
  /** Of each kind. */
  readonly #most: number;
  readonly #own: LatestMap<string, UdpFlow>;
  readonly #others: LatestMap<string, UdpFlow>;
  readonly #keptAlive = new Set<UdpFlow>();

  constructor(make: (remote: SocketAddress) => UdpFlow, most: number) {
    this.#make = make;
    this.#most = most;
    this.#own = new LatestMap(most);
    this.#others = new LatestMap(most);
  }

  /** Also one that was closed. @param address as the system shows sources */
  find(address: string, port: number): UdpFlow | undefined {
    const key = keyOf(address, port);
    return this.#own.get(key) ?? this.#others.get(key);
  }

  /** For requests of ours. */
  own(address: string, port: number, rules?: ConnectionRules): UdpFlow {
    const key = keyOf(address, port);
    let flow = this.#own.get(key);
    if (flow?.open === true) flow.wasUsed = true;
    else flow = this.#adopt(key, { address, port });
    if (rules?.pingSeconds !== undefined && flow.keepAliveMs === 0) {
      flow.keepAliveMs = rules.pingSeconds * 1000;
      this.#keptAlive.add(flow);
    }
    return flow;
  }

  /** For responses alone, unless it is one of our own. */
  other(address: string, port: number): UdpFlow {
    const known = this.find(address, port);
    if (known?.open === true) return known;
    const flow = this.#make({ address, port });
    this.#others.set(keyOf(address, port), flow);
    return flow;
  }

  tick(nowMs: number): void {
    for (const flow of this.#keptAlive) {
      if (flow.open) flow.tick(nowMs);
      else this.#keptAlive.delete(flow);
    }
  }

  close(): void {
    for (const flows of [this.#own, this.#others]) {
      for (const flow of flows.values()) flow.close("stopped");
      flows.clear();
    }
    this.#keptAlive.clear();
  }

  #adopt(key: string, remote: SocketAddress): UdpFlow {
    const other = this.#others.get(key);
    this.#others.delete(key);
    const flow = other?.open === true ? other : this.#make(remote);
    flow.isOwn = true;
    // In the place of one that was closed too.
    this.#own.delete(key);
    if (this.#own.size >= this.#most) this.#forgetUnused();
    this.#own.set(key, flow);
    return flow;
  }

  /** The oldest of those that no request used since this was done last: a carrier of ever new addresses replaces its own. */
  #forgetUnused(): void {
    for (let oldest = this.#own.oldest(); oldest !== undefined; oldest = this.#own.oldest()) {
      const [key, flow] = oldest;
      if (!flow.wasUsed) {
        this.#own.delete(key);
        this.#keptAlive.delete(flow);
        return;
      }
      flow.wasUsed = false;
      this.#own.set(key, flow);
    }
  }
}

const keyOf = (address: string, port: number) => `${address} ${port}`;
