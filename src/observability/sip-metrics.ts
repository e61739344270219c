/** What the gateway's own SIP sockets received, sent and refused, and its trunks there. No label is an address or a number. */
import { Counter, Gauge, type Registry } from "prom-client";

/** Totals since the gateway began to listen, and connections that are open. */
export interface SipState {
  readonly counters: {
    readonly received: number;
    readonly sent: number;
    readonly unknownSources: number;
    readonly malformed: number;
    readonly tooManyConnections: number;
    readonly failedHandshakes: number;
    readonly failedConnects: number;
    readonly deadFlows: number;
    readonly tooLarge: number;
  };
  readonly connections: { readonly open: number; readonly inbound: number };
  /** Null: the trunk does not register; no answer to OPTIONS came. */
  readonly trunks: readonly {
    readonly trunk: string;
    readonly registered: boolean | null;
    readonly roundTripMs: number | null;
  }[];
}

/** @param state read at each scrape; null: no trunk is reached over SIP, and nothing is shown */
export function addSipMetrics(registry: Registry, state: () => SipState | null): void {
  const registers = [registry];
  new Counter({
    name: "onering_sip_messages_total",
    help: "SIP messages of the gateway's own sockets, by direction; keep-alives do not count.",
    labelNames: ["direction"] as const,
    registers,
    collect() {
      this.reset();
      const { counters } = state() ?? {};
      if (counters === undefined) return;
      this.inc({ direction: "in" }, counters.received);
      this.inc({ direction: "out" }, counters.sent);
    },
  });
  new Counter({
    name: "onering_sip_refused_total",
    help: "What the SIP sockets refused: unknown_source (no trunk's address), malformed, too_many_connections, handshake (inbound TLS), connect (outgoing, TLS included), dead_flow (a far end that did not read or answer), too_large (requests for UDP).",
    labelNames: ["reason"] as const,
    registers,
    collect() {
      this.reset();
      const { counters } = state() ?? {};
      if (counters === undefined) return;
      for (const [reason, count] of [
        ["unknown_source", counters.unknownSources],
        ["malformed", counters.malformed],
        ["too_many_connections", counters.tooManyConnections],
        ["handshake", counters.failedHandshakes],
        ["connect", counters.failedConnects],
        ["dead_flow", counters.deadFlows],
        ["too_large", counters.tooLarge],
      ] as const) {
        this.inc({ reason }, count);
      }
    },
  });
  new Gauge({
    name: "onering_sip_connections",
    aggregator: "sum",
    help: "Open SIP connections over TCP and TLS, by who opened them.",
    labelNames: ["opened_by"] as const,
    registers,
    collect() {
      this.reset();
      const { connections } = state() ?? {};
      if (connections === undefined) return;
      this.set({ opened_by: "us" }, connections.open - connections.inbound);
      this.set({ opened_by: "far_end" }, connections.inbound);
    },
  });
  new Gauge({
    name: "onering_sip_trunk_registered",
    aggregator: "min",
    help: "1: the trunk's account is registered with the carrier by this gateway. Only trunks that register.",
    labelNames: ["trunk"] as const,
    registers,
    collect() {
      this.reset();
      for (const { trunk, registered } of state()?.trunks ?? []) {
        if (registered !== null) this.set({ trunk }, Number(registered));
      }
    },
  });
  new Gauge({
    name: "onering_sip_trunk_options_seconds",
    aggregator: "max",
    help: "Round trip of the last OPTIONS that the carrier answered. Whether the trunk is used says onering_trunk_usable.",
    labelNames: ["trunk"] as const,
    registers,
    collect() {
      this.reset();
      for (const { trunk, roundTripMs } of state()?.trunks ?? []) {
        if (roundTripMs !== null) this.set({ trunk }, roundTripMs / 1000);
      }
    },
  });
}
