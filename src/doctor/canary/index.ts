/** Calls the test number through each trunk and tells what became of the caller ID; takes trunks that alter it out of service. */

import type { Logger } from "pino";
import { createCallerIdPool } from "../../caller-ids/pool.ts";
import type { Outages } from "../../operations/outages-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { cryptoRandom } from "../../shared/random.ts";
import type { CallControl } from "../../telephony/asterisk/call-control.ts";
import { createDialer } from "../../telephony/calls/dialer.ts";
import type { Dialer } from "../../telephony/calls/ports.ts";
import { createDriver } from "../../telephony/index.ts";
import type { TrunkPath } from "../../telephony/trunks/admission-port.ts";
import { asterisksOf } from "../../telephony/trunks/routes.ts";
import type { DoctorConfig } from "../config.ts";
import { type Finding, fail } from "../finding.ts";
import { placeCanary } from "./call.ts";
import type { CanaryConfig } from "./config.ts";
import { type CanaryEar, createInboundEar, createSandboxEar } from "./listener.ts";
import { describeArrival, type WayReport } from "./report.ts";
import { serviceAfter } from "./service.ts";
import { judgeArrival } from "./verdict.ts";

export interface CanaryOptions {
  readonly config: DoctorConfig;
  readonly canary: CanaryConfig;
  readonly outages: Outages;
  /** Look and tell, and leave every trunk in or out of service as it is. */
  readonly dryRun: boolean;
  readonly logger: Logger;
}

/** @returns what was found, trunk by trunk as it goes on */
export async function* sendCanaries(options: CanaryOptions): AsyncGenerator<Finding> {
  const { config, canary, outages, dryRun, logger } = options;
  const ear = createEar(options);
  const controls = new Map<string, CallControl>();
  for (const [name, asterisk] of Object.entries(config.asterisks)) {
    // A gateway's own name would take its connection over, and hang up its calls.
    const own = { ...asterisk, ari_app: canaryApp(asterisk.ari_app) };
    controls.set(name, createDriver(own, { clock: systemClock, random: cryptoRandom, logger }));
  }
  // Failing over would ring through another trunk than the one that is looked at.
  const slots = {
    reserveAnother: async () => ({ none: "capacity", retryAfterMs: null }) as const,
    release: async () => undefined,
    alerted: () => undefined,
    callEnded: async () => undefined,
  };
  const dialer = createDialer({ callControls: controls, config, slots, capture: null, clock: systemClock, logger });
  try {
    try {
      await ear.open();
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
      const reports: WayReport[] = [];
      // One after the other: no trunk ever has two, and what is heard is the one that was sent.
      for (const name of asterisksOf(own)) {
        const report = await send({ config, canary, dialer, ear }, controls.get(name), { trunk, asterisk: name });
        reports.push(report);
        yield describeArrival(report);
      }
      yield* serviceAfter(trunk, reports, outages, { dryRun, nowMs: systemClock.nowMs() });
    }
  } finally {
    await ear.close();
    await Promise.all([...controls.values()].map((control) => control.stop()));
  }
}

export function canaryApp(app: string): string {
  return `${app}-canary`;
}

function createEar({ config, canary }: CanaryOptions): CanaryEar {
  const { number, sandbox_url: url, inbound_trunk: name = "" } = canary;
  if (url !== undefined) return createSandboxEar(url, number);
  const trunk = config.trunks[name];
  if (trunk === undefined) throw new Error("the configuration was not checked");
  const own = asterisksOf(trunk);
  const asterisks = Object.fromEntries(Object.entries(config.asterisks).filter(([one]) => own.includes(one)));
  return createInboundEar({ trunk, asterisks, number });
}

async function send(
  parts: { config: DoctorConfig; canary: CanaryConfig; dialer: Dialer; ear: CanaryEar },
  control: CallControl | undefined,
  path: TrunkPath,
): Promise<WayReport> {
  const { config, canary, dialer, ear } = parts;
  const trunk = config.trunks[path.trunk];
  const [callerId] = createCallerIdPool(config.ranges, cryptoRandom).draw(trunk?.ranges ?? [], null, 1);
  if (trunk === undefined || callerId === undefined) throw new Error("the configuration was not checked");
  if (control?.connected !== true) return { path, arrival: null, outcome: null };
  const heardOn = canary.sandbox_url === undefined ? (config.trunks[canary.inbound_trunk ?? ""] ?? null) : null;
  const sent = { callerId: callerId.number, codeLength: callerId.code.length, trunk };
  const callId = `canary-${cryptoRandom.bytes(9).toString("base64url")}`;
  const slot = { leaseId: callId, ...path, ranges: trunk.ranges, waitMs: 0 };
  const { heard, outcome } = await placeCanary(
    { dialer, ear },
    { callId, callee: canary.number, callerId: sent.callerId, range: callerId.range, slot, waitMs: canary.wait_ms },
    (caller) => judgeArrival(sent, caller, heardOn) === "as_sent",
  );
  return { path, arrival: heard === null ? null : judgeArrival(sent, heard, heardOn), outcome };
}
