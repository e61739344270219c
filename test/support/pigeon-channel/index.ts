/** A channel that no gateway has: a pigeon carries a code of six digits. Its code is read here, as the callee would. */
import { Refusal } from "../../../src/shared/refusal.ts";
import type { ChannelCore, ChannelModule } from "../../../src/verification/channel-port.ts";
import { pigeonMachine } from "./machine.ts";
import { PigeonBody } from "./schema.ts";

const codeDigits = 6;
const longestFlightMs = 30_000;

export interface Pigeons extends ChannelModule {
  /** What the pigeon of a verification carries: the newest one's. */
  readonly carried: ReadonlyMap<string, string>;
  /** The newest pigeon lands, or is lost. */
  ends(verification: string, event: "landed" | "undelivered"): Promise<void>;
}

export function carrierPigeon(): Pigeons {
  const codes = new Map<string, string>();
  const flights = new Map<string, (event: "landed" | "undelivered") => Promise<void>>();
  return {
    carried: codes,
    ends: async (verification, event) => flights.get(verification)?.(event),
    name: "carrier_pigeon",
    proves: "phone",
    enabled: true,
    codes: "own",
    setupLimitMs: longestFlightMs,
    costs: false,
    machine: pigeonMachine,
    scripts: { start: new URL("lua/start.lua", import.meta.url) },
    schema: PigeonBody,
    open: (core) => openPigeons(core, codes, flights),
  };
}

function openPigeons(
  core: ChannelCore,
  codes: Map<string, string>,
  flights: Map<string, (event: "landed" | "undelivered") => Promise<void>>,
): ReturnType<ChannelModule["open"]> {
  return {
    accept({ calls }) {
      if (calls !== null) throw new Refusal("invalid_request", "calls is not allowed with channel carrier_pigeon");
    },
    async reserve({ verificationId: id }) {
      const code = String(core.random.below(10 ** codeDigits)).padStart(codeDigits, "0");
      const details = JSON.stringify({ ring: `P${core.random.below(1000)}` });
      return {
        begin: (start) => start([core.hashes.code(id, code), codeDigits, details, longestFlightMs]),
        commit(verification) {
          codes.set(id, code);
          const progress = core.progressOf(verification, () => undefined);
          flights.set(id, async (event) => {
            progress.write({ event, reason: event === "landed" ? null : "interrupted" });
            await progress.settled();
          });
        },
        release: () => undefined,
      };
    },
    refusal: (why) => new Refusal("capacity", `no pigeon: ${why}`),
    async read(guess) {
      if (!("code" in guess)) throw new Refusal("invalid_request", "a pigeon has no caller ID");
      return { code: guess.code, codeLength: guess.code.length };
    },
    describe: ({ details }) => ({ ring: (details as { readonly ring: string }).ring }),
    stop: () => undefined,
    drain: async () => undefined,
    settled: async () => undefined,
  };
}
