/** The gauges: current state, read at each scrape. Counters are in metrics.ts. */
import { Gauge, type Registry } from "prom-client";
import type { CursorStatus } from "../events/relay-port.ts";
import { version } from "../shared/version.ts";
import type { SipStatus } from "../telephony/sip-trunks/status-port.ts";
import { type BreakerState, breakerStates } from "../telephony/trunks/breaker.ts";
import { addHangUpMetrics, type HangUpCounts } from "./hang-up-metrics.ts";
import { addMetadataMetrics, type MetadataState } from "./metadata-metrics.ts";
import type { NetworkStatus } from "./network-metrics.ts";
import { addSipMetrics } from "./sip-metrics.ts";
import type { WebhookState } from "./webhook-metrics.ts";

type Found<T> = readonly T[] | Promise<readonly T[]>;

/** The sources that are read at each scrape. */
export interface MetricSources {
  /** How many caller IDs each range has, how many are unavailable, how many of those are in cool-down. May reject. */
  callerIds(): Promise<
    readonly {
      readonly range: string;
      readonly size: number;
      readonly unavailable: number;
      readonly coolingDown: number;
    }[]
  >;
  liveCalls(): number;
  /** The numbering plans in use. */
  metadata?(): MetadataState;
  /** Open event streams (SSE) of apps and operators. */
  eventStreams?(): number;
  trunks(): Found<{ readonly trunk: string; readonly usable: boolean }>;
  /** Every trunk through each of its Asterisks, and the breaker of that path. */
  paths(): readonly {
    readonly trunk: string;
    readonly asterisk: string;
    readonly breaker: { readonly state: BreakerState; readonly openPrefixes?: number };
  }[];
  /** Trunks and Asterisks on which nothing new is placed, disabled by an operator or by the canary. */
  outOfService(): Found<{ readonly kind: string; readonly name: string }>;
  /** Apps and callee prefixes whose calls are reduced to a trickle. */
  braked(): readonly { readonly kind: string; readonly name: string; readonly reason: string }[];
  /** Calls per second that are admitted under overload; null: no limit. */
  overloadLimit(): number | null;
  /** Bytes of Redis, of a cluster its fullest master; null where it does not answer. */
  redisMemory(): Promise<{ readonly used: number; readonly max: number | null } | null>;
  /** Durable records; without a backend nothing is recorded. */
  records?(): { readonly backend: string | null; readonly up: boolean };
  /** The queues of webhook endpoints, over all gateways. May reject. */
  webhooks?(): ReturnType<WebhookState>;
  /** What waits for the relay of events. May reject. */
  outbox?(): Promise<readonly CursorStatus[]>;
  /** The live sources of networks, and the operator's file of ranges. */
  networks?(): NetworkStatus;
  /** Our own SIP sockets; null where no trunk is reached over SIP. */
  sip?(): SipStatus | null;
  /** What gateways ask of each other. */
  hangUps?(): HangUpCounts;
  /** Each Asterisk by its name in the configuration, and whether calls can be placed on it. */
  asterisks(): Iterable<readonly [name: string, connected: boolean]>;
}

/** @param registry gets the gauges; their values are read at each scrape */
export function addGauges(sources: MetricSources, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "onering_build_info",
    aggregator: "max",
    help: "Always 1; the labels name the versions of OneRing and Node.",
    labelNames: ["version", "node"] as const,
    registers,
  }).set({ version, node: process.versions.node }, 1);
  addMetadataMetrics(registry, () => sources.metadata?.());
  addSipMetrics(registry, () => sources.sip?.() ?? null);
  addHangUpMetrics(registry, () => sources.hangUps?.());
  new Gauge({
    name: "onering_live_calls",
    aggregator: "sum",
    help: "Calls in progress.",
    registers,
    collect() {
      this.set(sources.liveCalls());
    },
  });
  new Gauge({
    name: "onering_event_streams",
    aggregator: "sum",
    help: "Live event streams that are open; at most events.max_streams.",
    registers,
    collect() {
      this.set(sources.eventStreams?.() ?? 0);
    },
  });
  new Gauge({
    name: "onering_trunk_usable",
    aggregator: "min",
    help: "1: calls can be placed on the trunk. Also 0 while it is out of service.",
    labelNames: ["trunk"] as const,
    registers,
    async collect() {
      for (const { trunk, usable } of await sources.trunks()) this.set({ trunk }, Number(usable));
    },
  });
  new Gauge({
    name: "onering_trunk_breaker",
    aggregator: "max",
    help: "1 for the state that the breaker of a trunk through an Asterisk is in on this gateway, 0 for the others.",
    labelNames: ["trunk", "asterisk", "state"] as const,
    registers,
    collect() {
      for (const { trunk, asterisk, breaker } of sources.paths()) {
        for (const state of breakerStates) this.set({ trunk, asterisk, state }, Number(state === breaker.state));
      }
    },
  });
  new Gauge({
    name: "onering_trunk_open_prefixes",
    aggregator: "max",
    help: "Callee prefixes to which this gateway places no calls on a trunk through an Asterisk, because all failed there.",
    labelNames: ["trunk", "asterisk"] as const,
    registers,
    collect() {
      for (const { trunk, asterisk, breaker } of sources.paths())
        this.set({ trunk, asterisk }, breaker.openPrefixes ?? 0);
    },
  });
  new Gauge({
    name: "onering_out_of_service",
    aggregator: "max",
    help: "1: an operator, or a program, took this trunk or Asterisk out of service for all gateways.",
    labelNames: ["kind", "name"] as const,
    registers,
    async collect() {
      this.reset();
      for (const { kind, name } of await sources.outOfService()) this.set({ kind, name }, 1);
    },
  });
  new Gauge({
    name: "onering_caller_ids",
    aggregator: "max",
    help: "Caller IDs of a range by state: `all`, `resting` (in cool-down), `at_cap`. The range is disabled above 50 %.",
    labelNames: ["range", "state"] as const,
    registers,
    async collect() {
      // No values rather than old ones where the store is unreachable.
      this.reset();
      for (const { range, size, unavailable, coolingDown } of await sources.callerIds().catch(() => [])) {
        this.set({ range, state: "all" }, size);
        this.set({ range, state: "resting" }, coolingDown);
        this.set({ range, state: "at_cap" }, unavailable - coolingDown);
      }
    },
  });
  new Gauge({
    name: "onering_braked",
    aggregator: "max",
    help: "Apps, and number of callee prefixes, whose calls this gateway reduces, by reason.",
    labelNames: ["kind", "app", "reason"] as const,
    registers,
    collect() {
      this.reset();
      // A label for the prefix would create a series per destination: they are counted together, the log names each.
      for (const { kind, name, reason } of sources.braked())
        this.inc({ kind, app: kind === "app" ? name : "", reason });
    },
  });
  new Gauge({
    name: "onering_overload_calls_per_second",
    aggregator: "min",
    help: "Limit of calls per second while the gateway or an Asterisk is overloaded; absent: no limit.",
    registers,
    collect() {
      this.reset();
      const limit = sources.overloadLimit();
      if (limit !== null) this.set(limit);
      else this.remove();
    },
  });
  new Gauge({
    name: "onering_redis_memory_bytes",
    aggregator: "max",
    help: "Memory of Redis, of a cluster its fullest master: `used`, and `max` where maxmemory is set.",
    labelNames: ["of"] as const,
    registers,
    async collect() {
      // Nothing rather than old figures where the store is away.
      this.reset();
      const memory = await sources.redisMemory();
      if (memory === null) return;
      this.set({ of: "used" }, memory.used);
      if (memory.max !== null) this.set({ of: "max" }, memory.max);
    },
  });
  new Gauge({
    name: "onering_asterisk_connected",
    aggregator: "min",
    help: '1: connected to the Asterisk, events flowing. asterisk="sip": the gateway\'s own SIP is listening.',
    labelNames: ["asterisk"] as const,
    registers,
    collect() {
      for (const [asterisk, connected] of sources.asterisks()) this.set({ asterisk }, Number(connected));
    },
  });
}
