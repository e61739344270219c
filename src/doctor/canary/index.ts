/** Calls the test number through each trunk, reports how the caller ID arrived, and takes trunks with wrong codes out of service. */
import { createSecretKey } from "node:crypto";
import type { Logger } from "pino";
import { createCallerIdPool } from "../../caller-ids/pool.ts";
import type { CanaryArrivals } from "../../operations/canary-port.ts";
import type { Outages } from "../../operations/outages-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { cryptoRandom } from "../../shared/random.ts";
import type { CallControl } from "../../telephony/call-control/port.ts";
import { createDialer } from "../../telephony/calls/dialer.ts";
import type { Dialer } from "../../telephony/calls/ports.ts";
import { createDriver } from "../../telephony/index.ts";
import { createSipTrunks } from "../../telephony/sip-trunks/index.ts";
import type { TrunkPath } from "../../telephony/trunks/admission-port.ts";
import { asterisksOf, endpointOf, sipEngine } from "../../telephony/trunks/engines.ts";
import type { DoctorConfig } from "../config.ts";
import { type Finding, fail } from "../finding.ts";
import { placeCanary } from "./call.ts";
import type { CanaryConfig } from "./config.ts";
import {
  type CanaryListener,
  createGatewayListener,
  createInboundListener,
  createSandboxListener,
} from "./listener.ts";
import { describeArrival, type PathReport } from "./report.ts";
import { serviceAfter } from "./service.ts";
import { judgeArrival } from "./verdict.ts";

const system = { clock: systemClock, random: cryptoRandom } as const;

export interface CanaryParts {
  readonly config: DoctorConfig;
  readonly canary: CanaryConfig;
  readonly outages: Outages;
  /** Where running gateways note calls in over their own SIP. */
  readonly arrivals: Pick<CanaryArrivals, "take">;
  /** Leave every trunk in or out of service as it is. */
  readonly dryRun: boolean;
  /** Take a trunk out of service even where a route is then left without any. */
  readonly takeOutLast: boolean;
  readonly logger: Logger;
}

/** @returns the findings, trunk by trunk as they are made */
export async function* sendCanaries(options: CanaryParts): AsyncGenerator<Finding> {
  const { config, canary, outages, dryRun, takeOutLast, logger } = options;
  const listener = createListener(options);
  const controls = new Map<string, CallControl>();
  for (const [name, asterisk] of Object.entries(config.asterisks)) {
    // A gateway's own name would take its connection over, and hang up its calls.
    const own = { ...asterisk, ari_app: canaryApp(asterisk.ari_app) };
    controls.set(name, createDriver(own, { ...system, logger }));
  }
  if (config.sip !== undefined) {
    const tagKey = createSecretKey(cryptoRandom.bytes(32));
    const parts = { config: { sip: config.sip, trunks: config.trunks }, tagKey, ...system, logger };
    controls.set(sipEngine, createSipTrunks({ ...parts, besideGateway: true }).control);
  }
  // Failover would ring through another trunk than the one under test.
  const slots = {
    reserveAnother: async () => ({ none: "capacity", retryAfterMs: null }) as const,
    release: async () => undefined,
    placing: () => undefined,
    alerted: () => undefined,
    callEnded: async () => undefined,
  };
  const dialer = createDialer({ callControls: controls, config, slots, capture: null, clock: systemClock, logger });
  try {
    try {
      await listener.open();
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      yield fail(
        `Canary: cannot listen for calls to the test number (${why})`,
        "Compare `canary` with docs/caller-ids.md.",
      );
      return;
    }
    await Promise.all([...controls.values()].map((control) => control.start()));
    for (const [trunk, own] of Object.entries(config.trunks)) {
      const reports: PathReport[] = [];
      // One after the other: no trunk ever has two, and the call that arrives is the one that was placed.
      for (const name of asterisksOf(own)) {
        const report = await send({ config, canary, dialer, listener }, controls.get(name), { trunk, asterisk: name });
        reports.push(report);
        yield describeArrival(report);
      }
      yield* serviceAfter(trunk, reports, outages, {
        dryRun,
        takeOutLast,
        routes: config.routes,
        nowMs: systemClock.nowMs(),
      });
    }
  } finally {
    await listener.close();
    await Promise.all([...controls.values()].map((control) => control.stop()));
  }
}

export function canaryApp(app: string): string {
  return `${app}-canary`;
}

function createListener({ config, canary, arrivals }: CanaryParts): CanaryListener {
  const { number, sandbox_url: url, inbound_trunk: name = "" } = canary;
  if (url !== undefined) return createSandboxListener(url, number);
  const trunk = config.trunks[name];
  if (trunk === undefined) throw new Error("the configuration was not checked");
  if (trunk.sip !== undefined) return createGatewayListener(arrivals);
  const own = asterisksOf(trunk);
  const asterisks = Object.fromEntries(Object.entries(config.asterisks).filter(([one]) => own.includes(one)));
  return createInboundListener({ endpoint: endpointOf(name, trunk), asterisks, number });
}

async function send(
  parts: { config: DoctorConfig; canary: CanaryConfig; dialer: Dialer; listener: CanaryListener },
  control: CallControl | undefined,
  path: TrunkPath,
): Promise<PathReport> {
  const { config, canary, dialer, listener } = parts;
  const trunk = config.trunks[path.trunk];
  const [callerId] = createCallerIdPool(config.ranges, cryptoRandom).draw(trunk?.ranges ?? [], null, 1);
  if (trunk === undefined || callerId === undefined) throw new Error("the configuration was not checked");
  if (control?.connected !== true) return { path, arrival: null, outcome: null };
  const receivedOn = canary.sandbox_url === undefined ? (config.trunks[canary.inbound_trunk ?? ""] ?? null) : null;
  const sent = { callerId: callerId.number, codeLength: callerId.code.length, trunk };
  const callId = `canary-${cryptoRandom.bytes(9).toString("base64url")}`;
  const slot = { leaseId: callId, ...path, ranges: trunk.ranges, waitMs: 0 };
  const { received, outcome } = await placeCanary(
    { dialer, listener },
    { callId, callee: canary.number, callerId: sent.callerId, range: callerId.range, slot, waitMs: canary.wait_ms },
    (caller) => judgeArrival(sent, caller, receivedOn) === "as_sent",
  );
  return { path, arrival: received === null ? null : judgeArrival(sent, received, receivedOn), outcome };
}
