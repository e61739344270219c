import pino from "pino";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { AsteriskConfig } from "../../../../src/telephony/asterisk/config.ts";
import type { Admission, ReserveRequest, TrunkPath } from "../../../../src/telephony/trunks/admission-port.ts";
import { createBacklogs } from "../../../../src/telephony/trunks/backlogs.ts";
import { createBrakes } from "../../../../src/telephony/trunks/brakes.ts";
import { createBreakers } from "../../../../src/telephony/trunks/breakers.ts";
import { createChannelSlots } from "../../../../src/telephony/trunks/channel-slots.ts";
import { appsOf } from "../../../support/apps.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { noLimits, patientRouting } from "../../../support/patient-routing.ts";
import { telephonyConfig } from "../telephony-config.ts";

export const plus: TrunkPath = { trunk: "plus", asterisk: "main" };
export const bare: TrunkPath = { trunk: "bare", asterisk: "main" };

interface Given {
  readonly connected?: boolean;
  readonly down?: readonly string[];
  readonly admission?: Partial<Admission>;
  readonly paths?: readonly TrunkPath[];
  readonly asterisks?: Record<string, AsteriskConfig>;
  /** With brakes that take three calls for a sample. */
  readonly braking?: boolean;
  /** After how many ms an overloaded gateway admits the next call. */
  readonly overloadedMs?: number;
}

/** Channel slots over an admission that always has room, unless a test says otherwise. */
export function linesWith(parts: Given) {
  const config = telephonyConfig();
  const brakes = createBrakes({
    rules: { ...noLimits.brake, sample: 3 },
    clock: new ManualClock(),
    logger: pino({ level: "silent" }),
  });
  const asked: ReserveRequest[] = [];
  const released: [string, string][] = [];
  const clock = new ManualClock();
  const rules = { ...patientRouting.breaker, failures: 2, probes: 1 };
  const breakers = createBreakers({
    rules,
    apps: () => 1,
    callsPerSecond: () => 10,
    longestCallMs: 32_000,
    clock,
    random: cryptoRandom,
  });
  const slots = createChannelSlots({
    config: { ...config, limits: noLimits, asterisks: parts.asterisks ?? config.asterisks },
    apps: appsOf(1),
    router: {
      pathsTo: (callee) => (callee.startsWith("+999") ? null : (parts.paths ?? [plus, bare])),
      pathsOf: (trunk) => [{ trunk, asterisk: "main" }],
    },
    callControls: new Map([
      ["main", { connected: parts.connected ?? true }],
      ["second", { connected: true }],
    ]),
    health: ({ trunk }) => ({ usable: !parts.down?.includes(trunk), why: parts.down?.includes(trunk) ? "gone" : "up" }),
    breakers,
    brakes: parts.braking ? brakes : createBrakes({ rules: noLimits.brake, clock, logger: pino({ level: "silent" }) }),
    overload: { admit: () => parts.overloadedMs ?? null, rang: () => undefined, late: () => undefined },
    backlogs: createBacklogs({ clock, logger: pino({ level: "silent" }) }),
    admission: {
      async reserve(request) {
        asked.push(request);
        return { kind: "taken", path: 0, waitMs: 7 };
      },
      settle: async ({ leaseId }, event) => void released.push([leaseId, event]),
      ...parts.admission,
    },
    longestCallMs: 32_000,
    clock,
    random: cryptoRandom,
    logger: pino({ level: "silent" }),
  });
  return { slots, asked, released, clock, brakes };
}
