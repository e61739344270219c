/** What the gateway's own SIP sockets received, sent and refused, and its trunks there. No label is an address or a number. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { SipStatus } from "../telephony/sip-trunks/status-port.ts";

/** Why something was refused, and how often. */
function refusals({ counters, requests, transactions, refusedRoutes }: SipStatus) {
  return [
    ["unknown_source", counters.unknownSources],
    ["stranger", requests.strangers],
    ["ambiguous", requests.ambiguous],
    ["malformed", counters.malformed],
    ["too_many_requests", requests.limited],
    ["too_many_connections", counters.tooManyConnections],
    ["too_many_outgoing", counters.tooManyOutgoing],
    ["too_many_transactions", transactions.refused],
    ["handshake", counters.failedHandshakes],
    ["connect", counters.failedConnects],
    ["dead_flow", counters.deadFlows],
    ["too_large", counters.tooLarge],
    ["lost_datagram", counters.lostDatagrams],
    ["route", refusedRoutes],
  ] as const;
}

/** @param state read at each scrape; null: no trunk is reached over SIP, and nothing is shown */
export function addSipMetrics(registry: Registry, state: () => SipStatus | null): void {
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
    help: "What our own SIP refused. Of others: unknown_source (no trunk's address: datagrams and connections, unread), stranger (requests that are no trunk's), ambiguous (calls of several trunks' address), malformed. Limits: too_many_requests (of one address), too_many_connections (inbound), too_many_outgoing, too_many_transactions. Failed: handshake (inbound TLS), connect (outgoing, TLS included), dead_flow (a far end that did not read or answer), too_large (INVITEs for UDP), lost_datagram (not taken by the system), route (of a carrier, that no request can carry).",
    labelNames: ["reason"] as const,
    registers,
    collect() {
      this.reset();
      const status = state();
      if (status === null) return;
      for (const [reason, count] of refusals(status)) this.inc({ reason }, count);
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
    name: "onering_sip_trunk_answers",
    aggregator: "min",
    help: "1: the carrier answers OPTIONS of this gateway, 0: it does not, or says that it is down. Absent until it is known, and where none are sent.",
    labelNames: ["trunk"] as const,
    registers,
    collect() {
      this.reset();
      for (const { trunk, reach } of state()?.trunks ?? []) {
        if (reach === "up" || reach === "down") this.set({ trunk }, Number(reach === "up"));
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
  new Gauge({
    name: "onering_sip_names",
    aggregator: "max",
    help: "Names and addresses that trunks' requests go to: known; stale: the answer is out of date and still used; failing: the last question to the name servers failed; penalized: addresses that failed within the last 30 s to 5 min and are tried last.",
    labelNames: ["state"] as const,
    registers,
    collect() {
      this.reset();
      const { names } = state() ?? {};
      if (names === undefined) return;
      this.set({ state: "known" }, names.hops);
      this.set({ state: "stale" }, names.stale);
      this.set({ state: "failing" }, names.failing);
      this.set({ state: "penalized" }, names.penalized);
    },
  });
  new Gauge({
    name: "onering_sip_transactions",
    aggregator: "sum",
    help: "SIP transactions that are kept: ours that wait, those of carriers, and over UDP ours that ended within 32 s; at most sip.limits.transactions of each.",
    registers,
    collect() {
      this.reset();
      const open = state()?.transactions.open;
      if (open === undefined) this.remove();
      else this.set(open);
    },
  });
  new Counter({
    name: "onering_sip_takeovers_total",
    help: "Calls that this gateway canceled for another one, which died while a phone rang.",
    registers,
    collect() {
      this.reset();
      const takeovers = state()?.takeovers;
      if (takeovers === undefined) this.remove();
      else this.inc(takeovers);
    },
  });
  new Counter({
    name: "onering_sip_hep_copies_total",
    help: "Copies of SIP messages for the HEP collector: sent, or dropped because too many waited or there was no collector.",
    labelNames: ["result"] as const,
    registers,
    collect() {
      this.reset();
      const hep = state()?.hep ?? null;
      if (hep === null) return;
      this.inc({ result: "sent" }, hep.sent);
      this.inc({ result: "dropped" }, hep.dropped);
    },
  });
  new Gauge({
    name: "onering_sip_certificate_expiry_timestamp_seconds",
    aggregator: "min",
    help: "When a certificate of our own SIP ends, in seconds since 1970: listening (sip.tls), client (a trunk's own), signing (STIR/SHAKEN); carrier: what the trunk's carrier showed on connections that are open, the earliest.",
    labelNames: ["of", "trunk"] as const,
    registers,
    collect() {
      this.reset();
      for (const { of, trunk, expiresAtMs } of state()?.certificates ?? [])
        this.set({ of, trunk: trunk ?? "" }, expiresAtMs / 1000);
    },
  });
}
