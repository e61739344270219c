/** Assembles the SIP stack of the configuration: transports, transactions, location, calls, inbound requests. */
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { createDigests } from "../../sip/auth/digest.ts";
import { createCaller } from "../../sip/call/index.ts";
import type { Caller } from "../../sip/call/port.ts";
import { isRefusalStatus } from "../../sip/inbound/answers.ts";
import { createInbound, type Inbound } from "../../sip/inbound/index.ts";
import { createLocation } from "../../sip/location/index.ts";
import type { Locator } from "../../sip/location/port.ts";
import { createOwnTags } from "../../sip/own-tag.ts";
import { stoppableClock } from "../../sip/stoppable-clock.ts";
import { createTransactions } from "../../sip/transaction/index.ts";
import type { TransactionLayer } from "../../sip/transaction/port.ts";
import { createTransports } from "../../sip/transport/index.ts";
import type {
  Flow,
  MessageObserver,
  RenewableTransports,
  TransportStatus,
  Transports,
} from "../../sip/transport/port.ts";
import type { InboundCall } from "../call-control/port.ts";
import type { SipConfig } from "./config.ts";
import { createHepSender, type HepSender } from "./hep-sender.ts";
import { contactUserOf, locatedOf, sourceTrunk } from "./inbound-sources.ts";
import type { EndedProcesses, OrphanInvites } from "./open-invites-port.ts";
import { besideGateway, familiesOf, listening, userAgent } from "./own-end.ts";
import { inviteOf } from "./read-invite.ts";
import { createRefusedRoutes, type RefusedRoutes } from "./refused-routes.ts";
import type { SharedRegistrations } from "./shared-registration.ts";
import { createTakeover, type Takeover } from "./takeover.ts";
import { bracketed, type TrunkPlan, targetText } from "./trunk-plans.ts";
import { createTrunkWatch, type TrunkWatch } from "./trunk-watch.ts";

export interface StackParts {
  readonly sip: SipConfig;
  readonly plans: ReadonlyMap<string, TrunkPlan>;
  /** Of the tags of our calls; the same in all gateways. */
  readonly tagKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Sees every message, beside the HEP collector of the configuration. */
  readonly observer?: MessageObserver;
  /** Called before the messages of an event-loop turn are written, see `TransportOptions`. */
  readonly beforeWrite?: () => void;
  /** Calls that gateways leave when they die; left out: they are not looked for. */
  readonly orphans?: OrphanInvites;
  /** Null: this process registers its accounts itself. */
  readonly sharedRegistrations?: SharedRegistrations | null;
  /** Null: this gateway has one process. */
  readonly endedProcesses?: EndedProcesses | null;
  /** A gateway has the ports, the registrations and the calls in: this one places calls alone. */
  readonly besideGateway?: boolean;
  readonly onInbound: (call: InboundCall) => void;
}

/** One that runs: `start` makes it, and `stop` ends it for good. */
export interface RunningStack {
  readonly caller: Caller;
  readonly watch: Pick<TrunkWatch, "health" | "status" | "serviceRoute">;
  readonly transports: TransportStatus & RenewableTransports;
  readonly transactions: Pick<TransactionLayer, "size" | "refused">;
  readonly requests: Inbound["counts"];
  readonly hep: HepSender["counts"] | null;
  readonly takeover: Pick<Takeover, "canceled"> | null;
  readonly locator: Pick<Locator, "status">;
  readonly refusedRoutes: Pick<RefusedRoutes, "count">;
  /** Removes the bindings at registrars, ends transactions, closes connections. Bounded in time. */
  stop(): Promise<void>;
}

/** The clock of the stack: a set clock must not end a transaction. */
const monotonicMs = () => performance.now();

/** Binds and begins to receive. @throws {Error} where a port is taken, or a certificate cannot be read */
export async function startStack(parts: StackParts): Promise<RunningStack> {
  const { sip, plans, random, logger, besideGateway: beside = false } = parts;
  const watched = beside ? [] : [...plans.values()];
  const clock = stoppableClock(parts.clock);
  const monotonic: Clock = { nowMs: monotonicMs, after: (delayMs, callback) => clock.after(delayMs, callback) };
  const onError = (error: unknown) => logger.error({ err: error }, "a part of the SIP stack threw");
  const locator = createLocation({
    servers: [],
    protocols: ["udp", "tcp", "tls"],
    families: familiesOf(sip),
    ...{ random, clock, nowMs: monotonicMs },
  });
  const inbound = createInbound({
    trunks: watched.map((plan) =>
      sourceTrunk(plan.name, plan.config, () => locatedOf(plan, locator, watch.registrar(plan.name))),
    ),
    status: isRefusalStatus(sip.refuse_status) ? sip.refuse_status : 486,
    perSecond: sip.requests_per_source_per_second,
    report(trunk, invite, atMs) {
      const plan = plans.get(trunk);
      const contactUser = plan === undefined ? null : contactUserOf(plan.config);
      const read = inviteOf(invite, contactUser === null ? [] : [contactUser]);
      // `atMs` is monotonic; listeners have the gateway's clock.
      parts.onInbound({ endpoint: trunk, invite: read, atMs: clock.nowMs() - (monotonicMs() - atMs) });
    },
    ...{ nowMs: monotonicMs, logger },
  });
  const shown = sip.public_host ?? sip.host;
  const hep = hepSenderOf({ ...parts, clock });
  const transports = createTransports({
    ...(beside ? besideGateway(sip) : listening(sip)),
    ...{ clock, random, nowMs: monotonicMs },
    admits: inbound.admits,
    ...(plans.size > 1 ? { farEndAt: inbound.farEndAt } : {}),
    ...(parts.beforeWrite === undefined ? {} : { beforeWrite: parts.beforeWrite }),
    onError,
    onUnconnected: ({ rules, ...target }, { message }) =>
      logger.warn({ trunk: rules?.name, target: targetText(target), failure: message }, "no connection to the carrier"),
    ...observing(hep, parts.observer),
    limits: {
      udpRequestBytes: sip.limits.udp_request_bytes,
      // Timer B and F: whatever was asked has failed by then.
      silentMs: 64 * sip.timers.t1_ms,
      messageBytes: sip.limits.message_bytes,
      bufferedBytes: sip.limits.buffer_bytes,
      inboundConnections: sip.limits.connections,
      inboundConnectionsPerSource: sip.limits.connections_per_source,
      outgoingConnections: sip.limits.connections,
      connectMs: sip.timers.connect_ms,
    },
  });
  const { t1_ms: t1Ms, t2_ms: t2Ms, t4_ms: t4Ms } = sip.timers;
  const transactions = createTransactions({
    ...{ random, clock: monotonic },
    transports: alsoLost(transports, (flow) => watch.flowClosed(flow)),
    timers: { t1Ms, t2Ms, t4Ms },
    limit: sip.limits.transactions,
    answers: inbound.answers,
    ...(plans.size > 1 ? { farEndOf: ({ remote }: Flow) => inbound.farEndAt(remote.address) } : {}),
    onError,
  });
  const digests = createDigests(random, monotonicMs);
  const refusedRoutes = createRefusedRoutes(logger, monotonicMs);
  const watch = createTrunkWatch({
    ...{ plans: watched, digests, locator, transports, transactions, clock, nowMs: monotonicMs },
    ...{ random, logger, refusedRoutes, userAgent, host: shown, shared: parts.sharedRegistrations ?? null },
  });
  const caller = createCaller({
    ...{ transactions, transports, locator, clock, monotonicMs, userAgent },
    digests,
    tagFor: createOwnTags(parts.tagKey).tagFor,
    host: bracketed(shown),
    ...(sip.public_host !== undefined && isIP(sip.public_host) === 0 ? { mediaHost: sip.host } : {}),
    endWaitMs: sip.end_wait_ms,
    isSameFarEnd: (address, other) => inbound.farEndAt(address) === inbound.farEndAt(other),
    onRefusedRoutes: (count) => refusedRoutes.add({ header: "record-route" }, count),
    onError,
  });
  transactions.onRequest((transaction, atMs) => {
    if (!caller.receive(transaction, atMs)) inbound.receive(transaction, atMs);
  });
  const credentialsOf = (trunk: string) => plans.get(trunk)?.credentials;
  transactions.onStray((response, flow) => {
    // Several trunks at one address: whose account it was is not known.
    return caller.receiveStray(response, flow, { credentials: credentialsOf(inbound.farEndAt(flow.remote.address)) });
  });

  const takeover =
    parts.orphans === undefined
      ? null
      : createTakeover({
          ...{ store: parts.orphans, transactions, transports, clock, monotonicMs, onError, logger },
          endWaitMs: sip.end_wait_ms,
          processes: parts.endedProcesses ?? null,
          rulesOf: (trunk) => plans.get(trunk)?.hop.rules,
          answered: (response, flow, trunk, target) =>
            caller.receiveStray(response, flow, { credentials: credentialsOf(trunk), target }),
        });

  async function close(): Promise<void> {
    caller.stop();
    transactions.stop();
    locator.stop();
    await transports.stop();
    hep?.stop();
    clock.stop();
  }
  await hep?.start();
  try {
    await transports.start();
  } catch (error) {
    await close();
    throw error;
  }
  takeover?.start();
  watch.start();
  // The first call need not wait for the name server.
  for (const { hop } of plans.values()) void locator.locate(hop);
  return {
    ...{ caller, watch, transports, transactions, requests: inbound.counts, hep: hep?.counts ?? null, takeover },
    ...{ locator, refusedRoutes },
    async stop() {
      await Promise.all([takeover?.stop(), watch.stop()]);
      await close();
    },
  };
}

/** The transaction layer takes the one receiver of lost flows: registrations get them too. */
function alsoLost(
  transports: Transports,
  lost: (flow: Flow) => void,
): Pick<Transports, "onMessage" | "onClosed" | "replyTo"> {
  return {
    onMessage: (receiver) => transports.onMessage(receiver),
    onClosed: (receiver) =>
      transports.onClosed((flow, reason) => {
        receiver(flow, reason);
        lost(flow);
      }),
    replyTo: (address, port) => transports.replyTo(address, port),
  };
}

function hepSenderOf({ sip, clock, logger }: StackParts): HepSender | null {
  if (sip.hep === undefined) return null;
  const own = [sip.host, sip.host_ipv6, sip.public_host].filter((address) => address !== undefined);
  return createHepSender({ config: sip.hep, own, clock, monotonicMs, logger });
}

function observing(hep: HepSender | null, other: MessageObserver | undefined): { readonly observer?: MessageObserver } {
  if (hep === null) return other === undefined ? {} : { observer: other };
  if (other === undefined) return { observer: hep.observer };
  return {
    observer(...message) {
      hep.observer(...message);
      other(...message);
    },
  };
}
