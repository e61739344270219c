/** Voice: Asterisk calls, and a person who presses a key hears the code twice, digit by digit. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerIdPool } from "../../caller-ids/types.ts";
import { ownEntry } from "../../shared/own-entry.ts";
import type { Publish } from "../../shared/publish.ts";
import { requiredSounds } from "../../speech/sound-names.ts";
import type { MediaControl } from "../../telephony/call-control/port.ts";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { Dialer, KeptCall } from "../../telephony/calls/ports.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { ChannelModule, DeliveryOrder } from "../../verification/channel-port.ts";
import { codeDigits } from "../../verification/codes.ts";
import type { VerificationSettings } from "../../verification/config.ts";
import type { CallEvents } from "../calls/events.ts";
import { callEvidence } from "../calls/evidence.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import { notLeased } from "../calls/refusals.ts";
import type { MessagesConfig } from "../messages/config.ts";
import type { MissedCallSettings } from "../missed-call/config.ts";
import { createVoiceCalls } from "./calls.ts";
import type { VoiceConfig } from "./config.ts";
import { createCosts, mostCost } from "./cost.ts";
import { createDescription } from "./describe.ts";
import { voiceExample } from "./example.ts";
import { chooseLanguage, languagesFor } from "./language.ts";
import { voiceMachine } from "./machine.ts";
import { badCodeLength, oneCallOnly } from "./refusals.ts";
import { reserveVoiceCall } from "./reservation.ts";
import { VoiceBody } from "./schema.ts";
import { createVoiceSimulation } from "./simulate.ts";

export interface VoiceParts {
  readonly config: {
    /** Undefined: the channel is off. */
    readonly voice?: VoiceConfig;
    readonly calls: Pick<CallsConfig, "setup_limit_ms">;
    readonly messages: Pick<MessagesConfig, "apps">;
    readonly verification: Pick<MissedCallSettings, "caller_id_cooldown_seconds"> &
      Pick<VerificationSettings, "message_code_length">;
    readonly sip_capture?: unknown;
  };
  readonly telephony: {
    readonly slots: ChannelSlots;
    readonly dialer: Dialer;
    /** Each Asterisk by its name, and whether it is connected. */
    asterisks(): readonly (readonly [name: string, connected: boolean])[];
    media(asterisk: string): Pick<MediaControl, "languagesOf"> | null;
  };
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly hangUps: HangUps;
  readonly publish: Publish<CallEvents>;
}

/** How long a workflow waits after the code was read out: typing it takes longer than copying it from a message. */
const waitMs = 45_000;

/** Used where the section is missing, for the API document of a gateway without the channel. */
const defaults: VoiceConfig = {
  ...{ confirm_key: "1", ring_ms: 25_000, max_call_ms: 60_000, max_prompts: 3, key_wait_ms: 4000 },
  prices: [],
};

export function voice({ config, telephony, callerIds, reputation, hangUps, publish }: VoiceParts): ChannelModule {
  const own = config.voice ?? defaults;
  const { confirm_key: confirmKey, ring_ms: ringMs } = own;
  const { slots, dialer } = telephony;
  const sounds = requiredSounds(confirmKey !== null);
  const canServe = (asterisk: string) => {
    const media = telephony.media(asterisk);
    return media !== null && chooseLanguage([], sounds, (sound) => media.languagesOf(sound)) !== null;
  };
  const canServeAny = () => telephony.asterisks().some(([name, connected]) => connected && canServe(name));
  const keep: KeptCall = { ringMs, talkMs: own.max_call_ms, canServe };

  return {
    name: "voice",
    proves: "phone",
    enabled: config.voice !== undefined,
    codes: "derived",
    setupLimitMs: config.calls.setup_limit_ms + ringMs + own.max_call_ms,
    costs: true,
    reportsCalls: true,
    waitMs,
    machine: voiceMachine,
    scripts: {
      start: new URL("lua/start.lua", import.meta.url),
      show: new URL("lua/show.lua", import.meta.url),
    },
    schema: VoiceBody,
    example: voiceExample,
    open(core) {
      const costOf = createCosts(own.prices);
      const calls = createVoiceCalls({
        ...{ core, dialer, hangUps, reputation, publish, keep },
        rules: { confirmKey, maxPrompts: own.max_prompts, keyWaitMs: own.key_wait_ms },
        costOf,
      });
      const languagesOf = ({ app, locale, country }: Pick<DeliveryOrder, "app" | "locale" | "country">) =>
        languagesFor(locale, country, ownEntry(config.messages.apps, app.name)?.locale);
      const { longestCallMs, remainingMs } = dialer.limitsOf(keep);
      const simulated = createVoiceSimulation({
        ...{ slots, canServe, costOf, ringMs, captured: config.sip_capture !== undefined },
        ...{ longestMs: longestCallMs, expectedMs: remainingMs.calling },
        codeLength: config.verification.message_code_length,
        languageOf(order, asterisk) {
          const media = asterisk === null ? null : telephony.media(asterisk);
          const languages = languagesOf(order);
          if (media === null) return languages[0] ?? null;
          return chooseLanguage(languages, sounds, (sound) => media.languagesOf(sound));
        },
      });
      const mostOf = mostCost(own.prices, own.max_call_ms);
      const reserving = {
        ...{ slots, pool: callerIds, reputation, dialer, keep, hangUps },
        ...{ hashes: core.hashes, store: core.store },
        cooldownMs: config.verification.caller_id_cooldown_seconds * 1000,
        canServeAny,
      };
      return {
        accept({ calls, codeLength }) {
          if (calls !== null) throw oneCallOnly();
          if (codeLength !== null && (codeLength < codeDigits.min || codeLength > codeDigits.max)) {
            throw badCodeLength(codeLength, codeDigits);
          }
        },
        estimate: ({ to }) => mostOf(to),
        reserve(order) {
          const languages = languagesOf(order);
          return reserveVoiceCall({ ...reserving, offer: core.codes.offer(order) }, order, (begun) =>
            calls.place({ ...begun, to: order.to, country: order.country, languages }),
          );
        },
        refusal: notLeased,
        simulate: simulated.simulate,
        stopSimulated: simulated.stop,
        attemptsOf: () => 1,
        again: (_newest, codeLength) => ({ calls: null, codeLength }),
        health: () =>
          canServeAny()
            ? { up: true, detail: "an Asterisk is connected and has the sounds of a language" }
            : { up: false, detail: "no connected Asterisk has the sounds of a language" },
        describe: createDescription({
          ring: { ms: ringMs, setup_limit_ms: config.calls.setup_limit_ms },
          confirm_key: confirmKey,
        }),
        stop: calls.stop,
        evidence: (delivery, id) => callEvidence(delivery, id, core.sealing),
        drain: calls.drain,
        settled: calls.settled,
      };
    },
  };
}
