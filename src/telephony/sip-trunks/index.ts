/** The driver `sip` with the stack below it, from the configuration. */
import type { KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { renewClientTls } from "../../sip/transport/tls.ts";
import type { CallControl, InboundCall } from "../call-control/port.ts";
import { createCallSigner } from "./call-signer.ts";
import { type CertificateEnd, configuredCertificates } from "./certificates.ts";
import { SipDriver } from "./driver.ts";
import type { StirShakenConfig } from "./identity-config.ts";
import type { EndedProcesses, OpenInvites, OrphanInvites } from "./open-invites-port.ts";
import { listening } from "./own-end.ts";
import type { SharedRegistrations } from "./shared-registration.ts";
import { type RunningStack, startStack } from "./stack.ts";
import type { SipStatus } from "./status-port.ts";
import { type CallTraces, createCallTraces } from "./trace.ts";
import { clientTls, createTrunkPlans, type SipTrunksConfig } from "./trunk-plans.ts";
import type { SipTrunkHealth } from "./trunk-watch.ts";

export interface SipTrunksParts {
  readonly config: SipTrunksConfig;
  /** Of the tags of our calls; the same in all gateways. */
  readonly tagKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** INVITEs under way of all gateways; left out: what this one leaves when it dies rings on to its end. */
  readonly openInvites?: OpenInvites & OrphanInvites;
  /** Null or left out: this process registers its accounts itself. */
  readonly sharedRegistrations?: SharedRegistrations | null;
  /** Null or left out: this gateway has one process. */
  readonly endedProcesses?: EndedProcesses | null;
  /** Places calls alone, for test calls: no configured port is bound, nothing registered, asked by OPTIONS or taken. */
  readonly besideGateway?: boolean;
}

export interface SipTrunks {
  readonly control: CallControl;
  /** Calls in progress on the wire. */
  readonly calls: number;
  /** Of a trunk with `sip`; what is not known counts as usable. */
  health(trunk: string): SipTrunkHealth;
  /** Of the newest calls; null: none are kept. */
  readonly traces: Pick<CallTraces, "find"> | null;
  /** Signs from now on with this key; undefined: no longer. @throws {Error} for a key that cannot be used */
  reloadIdentity(identity: StirShakenConfig | undefined): void;
  /**
   * Connections that are opened from now on, by us or by carriers, use the certificates of this configuration; those that are
   * open go on. @throws {Error} where one cannot be used; then all stay as they were
   */
  reloadCertificates(config: SipTrunksConfig): void;
  /** For metrics; null where SIP is not listening. */
  status(): SipStatus | null;
}

export function createSipTrunks(parts: SipTrunksParts): SipTrunks {
  const { config, tagKey, clock, random, logger, openInvites, besideGateway = false } = parts;
  const signer = createCallSigner(config.sip.identity, { nowMs: () => clock.nowMs(), logger });
  const plans = createTrunkPlans(config, signer);
  const maxCalls = config.sip.trace_calls;
  const monotonicMs = () => performance.now();
  const traces = maxCalls === 0 ? null : createCallTraces({ maxCalls, nowMs: () => clock.nowMs(), monotonicMs });
  let sip = config.sip;
  let certificates = configuredCertificates(config);
  let onInbound: (call: InboundCall) => void = () => undefined;
  let running: RunningStack | null = null;
  const stack = {
    async start() {
      running = await startStack({
        ...{ sip, plans, tagKey, clock, random, logger, besideGateway },
        sharedRegistrations: parts.sharedRegistrations ?? null,
        endedProcesses: parts.endedProcesses ?? null,
        ...(openInvites === undefined ? {} : { orphans: openInvites, beforeWrite: openInvites.flush }),
        ...(traces === null ? {} : { observer: traces.observer }),
        onInbound: (call) => onInbound(call),
      });
    },
    async stop() {
      await running?.stop();
      running = null;
    },
    get caller() {
      if (running === null) throw new Error("the SIP stack is not running");
      return running.caller;
    },
    serviceRoute: (trunk: string) => running?.watch.serviceRoute(trunk) ?? [],
    onInbound(receiver: (call: InboundCall) => void) {
      onInbound = receiver;
    },
  };
  return {
    control: new SipDriver({
      stack,
      plans,
      clock,
      random,
      logger,
      ...(openInvites === undefined ? {} : { openInvites }),
      ...(traces === null ? {} : { traces }),
    }),
    traces,
    reloadIdentity: (identity) => signer.reload(identity),
    reloadCertificates(next) {
      // What cannot be read throws before anything is replaced.
      const ends = configuredCertificates(next);
      const uses = [...plans.values()].flatMap(({ name, hop: { rules } }) => {
        const trunk = next.trunks[name]?.sip;
        return trunk === undefined || rules === undefined ? [] : [renewClientTls(rules, clientTls(trunk, next.sip))];
      });
      const { tls } = listening(next.sip);
      if (tls !== undefined) running?.transports.renewTls(tls);
      for (const use of uses) use();
      sip = next.sip;
      certificates = ends;
    },
    status: () => (running === null ? null : statusOf(running, plans.keys(), certificates)),
    get calls() {
      return running?.caller.calls ?? 0;
    },
    health: (trunk) => running?.watch.health(trunk) ?? { usable: true, why: "not known: SIP is not listening" },
  };
}

function statusOf(
  { transports, watch, transactions, requests, hep, takeover, locator, refusedRoutes }: RunningStack,
  names: Iterable<string>,
  own: readonly CertificateEnd[],
): SipStatus {
  const { counters, connections } = transports;
  const trunks = [...names].map((trunk) => {
    const { registration, qualify } = watch.status(trunk);
    return {
      ...{ trunk, registered: registration?.registered ?? null },
      ...{ reach: qualify?.reach ?? null, roundTripMs: qualify?.roundTripMs ?? null },
    };
  });
  const shown = [...transports.certificateEnds()].map(([trunk, expiresAtMs]) => {
    return { of: "carrier" as const, trunk, expiresAtMs };
  });
  return {
    ...{ counters, connections, requests, hep, trunks },
    transactions: { open: transactions.size, refused: transactions.refused },
    takeovers: takeover?.canceled ?? 0,
    names: locator.status(),
    refusedRoutes: refusedRoutes.count,
    certificates: [...own, ...shown],
  };
}
