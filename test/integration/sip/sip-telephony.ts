/** Telephony over our own SIP, with one trunk to whatever a test puts behind it. */

import { randomUUID } from "node:crypto";
import type { LimitsConfig } from "../../../src/apps/limits-config.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { testConfig } from "../../support/test-config.ts";
import { keepingLogger } from "../telephony/world.ts";

export const callee = "+447700900123";
export const callerId = "+12025550147";

export interface SipTelephony {
  readonly telephony: Telephony;
  /** Our UDP port. */
  readonly udpPort: number;
  /** Places a call on the trunk. */
  place(to?: string): PlacedCall;
  logged(): string;
  stop(): Promise<void>;
}

export interface PlacedCall {
  readonly ringing: Promise<void>;
  readonly result: Promise<CallResult>;
}

export interface SipTelephonyOptions {
  /** Keys of the trunk's `sip`. */
  readonly trunk: Readonly<Record<string, unknown>>;
  readonly ringMs?: number;
  readonly setupLimitMs?: number;
  /** Keys of the section `sip`. */
  readonly sip?: Readonly<Record<string, unknown>>;
  /** Of `limits`; left out: no overload is detected. */
  readonly overload?: LimitsConfig["overload"];
}

/** Starts it, on free ports of 127.0.0.1. */
export async function startSipTelephony(options: SipTelephonyOptions): Promise<SipTelephony> {
  const { trunk, ringMs = 1500, setupLimitMs = 20_000, sip = {}, overload = noLimits.overload } = options;
  const udpPort = await freePort("udp", "tcp");
  const config = testConfig({
    asterisks: {},
    sip: { host: "127.0.0.1", udp_port: udpPort, calls_per_second: 10_000, ...sip },
    trunks: { a: { sip: { qualify_seconds: 0, ...trunk }, ranges: ["block"] } },
  });
  const logs = keepingLogger();
  const telephony = createTelephony({
    apps: appsOf(1),
    config: {
      ...config,
      limits: { ...noLimits, overload },
      routing: patientRouting,
      calls: { ...config.calls, ring_ms: ringMs, setup_limit_ms: setupLimitMs, max_trunks: 1 },
    },
    admission: freeAdmission,
    clock: systemClock,
    random: cryptoRandom,
    logger: logs.logger,
  });
  await telephony.start();
  return {
    telephony,
    udpPort,
    place(to = callee) {
      const [ringing, result] = [deferred<void>(), deferred<CallResult>()];
      const slot = { leaseId: randomUUID(), asterisk: "sip", trunk: "a", ranges: ["block"], waitMs: 0 };
      telephony.dialer.place(
        { callId: randomUUID(), callee: to, callerId, range: "block", slot },
        { calling: () => undefined, ringing: ringing.resolve, ended: result.resolve },
      );
      return { ringing: ringing.promise, result: result.promise };
    },
    logged: logs.text,
    async stop() {
      await telephony.dialer.drain(0);
      await telephony.stop();
    },
  };
}
