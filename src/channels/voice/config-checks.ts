/** Voice calls need an Asterisk that can play sounds, and codes that outlive the call. */
import type { AsteriskConfig } from "../../telephony/asterisk/config.ts";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import type { VerificationSettings } from "../../verification/config.ts";
import type { VoiceConfig } from "./config.ts";

interface Sections {
  readonly voice?: VoiceConfig;
  readonly asterisks: Readonly<Record<string, Pick<AsteriskConfig, "driver">>>;
  readonly trunks: Readonly<Record<string, unknown>>;
  readonly calls: CallsConfig;
  readonly verification: Pick<VerificationSettings, "ttl_seconds">;
}

export const voiceChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["voice", "asterisks"], problems: anAsteriskCanSpeak },
  { reads: ["voice", "calls", "verification"], problems: codesOutliveTheirCall },
  { reads: ["voice", "trunks"], problems: pricesHaveTrunks },
];

/** AMI has no action that plays a sound and reports its end. */
function anAsteriskCanSpeak({ voice, asterisks }: Sections, isSound: IsSound): Problem[] {
  if (voice === undefined || !isSound(["asterisks"])) return [];
  if (Object.values(asterisks).some(({ driver }) => driver !== "asterisk-manager")) return [];
  const given =
    Object.keys(asterisks).length === 0
      ? "a section, and no Asterisk"
      : "a section, with the driver asterisk-manager on every Asterisk";
  const expected =
    "an Asterisk with the driver ari-websocket or ari-client, or no section voice: over AMI, and on trunks with `sip`, nothing can be played";
  return [{ path: ["voice"], given, expected }];
}

/** A code that expires while it is read out can never be typed. */
function codesOutliveTheirCall({ voice, calls, verification }: Sections, isSound: IsSound): Problem[] {
  if (voice === undefined || !isSound(["voice"]) || !isSound(["calls"])) return [];
  if (!isSound(["verification", "ttl_seconds"])) return [];
  const callMs = calls.setup_limit_ms + voice.ring_ms + voice.max_call_ms;
  const { ttl_seconds: ttlSeconds } = verification;
  if (ttlSeconds * 1000 > callMs) return [];
  const expected = `more than the ${callMs / 1000} seconds that calls.setup_limit_ms, voice.ring_ms and voice.max_call_ms let a voice call take`;
  return [{ path: ["verification", "ttl_seconds"], given: String(ttlSeconds), expected }];
}

function pricesHaveTrunks({ voice, trunks }: Sections, isSound: IsSound): Problem[] {
  if (voice === undefined || !isSound(["voice", "prices"])) return [];
  return voice.prices.flatMap(({ trunk }, index) =>
    trunk === undefined || Object.hasOwn(trunks, trunk)
      ? []
      : [
          {
            path: ["voice", "prices", index, "trunk"],
            given: JSON.stringify(trunk.slice(0, 80)),
            expected: "the name of one of trunks",
          },
        ],
  );
}
