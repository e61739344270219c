/** Places voice calls, leads the conversation, and stores how far they came. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { Publish } from "../../shared/publish.ts";
import { requiredSounds } from "../../speech/sound-names.ts";
import { mayStillRing } from "../../telephony/calls/attempt-result.ts";
import type { AnsweredCall, CallResult, Dialer, KeptCall } from "../../telephony/calls/ports.ts";
import type { AfterUpdate, ChannelCore } from "../../verification/channel-port.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import { isTerminal } from "../../verification/machine.ts";
import type { DeliveryUpdate, ProgressWriter } from "../../verification/progress-writer.ts";
import type { Delivery, Verification } from "../../verification/types.ts";
import type { CallEvents } from "../calls/events.ts";
import { evidenceOf } from "../calls/evidence.ts";
import { createHangUp } from "../calls/hang-up.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import { type ConversationEnd, type ConversationRules, converse } from "./conversation.ts";
import type { CostOf } from "./cost.ts";
import type { VoiceResult } from "./describe.ts";
import { chooseLanguage } from "./language.ts";
import type { BegunCall } from "./reservation.ts";

export interface VoiceCallsParts {
  readonly core: ChannelCore;
  readonly dialer: Dialer;
  readonly hangUps: HangUps;
  readonly reputation: CallerIdReputation;
  readonly publish: Publish<CallEvents>;
  readonly rules: ConversationRules;
  readonly keep: KeptCall;
  readonly costOf: CostOf;
}

/** One call to place. */
export interface VoiceCall extends BegunCall {
  /** Of this delivery: its recipient need not be the verification's own. */
  readonly to: string;
  readonly country: string | null;
  /** Languages in order of preference, BCP 47. */
  readonly languages: readonly string[];
}

export interface VoiceCalls {
  /** Places the call; the slot is its own from now on. */
  place(call: VoiceCall): void;
  /** Hangs up the delivery's call, whichever gateway placed it. */
  stop(verification: Verification, delivery: Delivery): void;
  /** Lets calls end; remaining ones are canceled after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all updates so far are stored. */
  settled(): Promise<void>;
}

/** What was said in a call. */
interface Said {
  language: string | null;
  spoken: boolean;
  end: ConversationEnd | null;
}

export function createVoiceCalls(parts: VoiceCallsParts): VoiceCalls {
  const { core, dialer, hangUps, reputation, publish, rules, keep, costOf } = parts;
  const { batchTimer, clock, logger } = core;
  const { remainingMs } = dialer.limitsOf(keep);
  /** Bounded by the dialer's calls and those whose last update waits for the store. */
  const live = new Set<ProgressWriter>();
  /** Call ids that are up. */
  const up = new Set<string>();
  let drained: (() => void) | null = null;

  function progressOf(verification: Verification): ProgressWriter {
    const { id, attempts } = verification;
    const stop = () => dialer.cancel(attemptIdOf(id, attempts));
    const onWritten = (_update: DeliveryUpdate, { status }: AfterUpdate) => {
      // It has ended, perhaps at another gateway: hang up.
      if (isTerminal(status)) stop();
    };
    // With the verification its callee's lock was lost: another call may begin.
    const progress = core.progressOf(verification, onWritten, stop);
    live.add(progress);
    return progress;
  }

  async function talk(answered: AnsweredCall, call: VoiceCall, said: Said, progress: ProgressWriter): Promise<void> {
    const sounds = requiredSounds(rules.confirmKey !== null);
    said.language = chooseLanguage(call.languages, sounds, (sound) => answered.languagesOf(sound));
    if (said.language === null) {
      // It was there when the slot was reserved.
      logger.error({ id: call.verification.id }, "no language has all the sounds that a spoken code takes");
      said.end = "playback_failed";
      answered.finish();
      return;
    }
    said.end = await converse(answered, call.code, said.language, rules, () => {
      said.spoken = true;
      progress.write({ event: "spoken", reason: null });
    });
    if (said.end === "playback_failed") {
      logger.error({ id: call.verification.id, language: said.language }, "Asterisk could not play a sound");
    }
  }

  function endOf(call: VoiceCall, result: CallResult, said: Said): DeliveryUpdate {
    const trunk = result.attempts.at(-1)?.trunk ?? call.slot.trunk;
    const cost = costOf(trunk, call.to, result.talkMs);
    const { verification, callerId, slot } = call;
    const placed = { verificationId: verification.id, callerId, slot, before: null };
    const stored: VoiceResult = { ...evidenceOf(result, core.sealing, placed), language: said.language };
    return {
      event: said.spoken ? "delivered" : "undelivered",
      reason: reasonOf(result, said),
      result: stored,
      cost,
      mayStillRing: mayStillRing(result),
    };
  }

  return {
    place(call) {
      const { verification, to, country, callerId, slot } = call;
      const { id, app, attempts } = verification;
      const about = { app };
      const named = { verification: id, country, trunk: slot.trunk };
      const callId = attemptIdOf(id, attempts);
      const progress = progressOf(verification);
      const said: Said = { language: null, spoken: false, end: null };
      let talking: Promise<void> = Promise.resolve();

      reputation.placed(callerId);
      up.add(callId);
      dialer.place(
        { callId, callee: to, callerId: callerId.number, range: callerId.range, slot, keep },
        {
          calling: () => progress.write({ event: "calling", reason: null }),
          ringing() {
            publish("call.ringing", named, about);
            progress.write({ event: "ringing", reason: null, remainingMs: remainingMs.ringing });
          },
          answered(answered) {
            progress.write({ event: "answered", reason: null, remainingMs: remainingMs.answered ?? null });
            talking = talk(answered, call, said, progress);
          },
          ended(result) {
            up.delete(callId);
            if (up.size === 0) drained?.();
            reputation.ended(callerId, result, { callee: to, app });
            publish("call.ended", { ...named, result, kept: true }, about);
            // The conversation ends with the call; what it came to decides about the delivery.
            void talking.then(() => {
              const end = endOf(call, result, said);
              progress.write(end);
              return progress.settled().then(() => {
                live.delete(progress);
                if (end.mayStillRing !== true) core.callOver(verification);
              });
            });
          },
        },
      );
    },
    stop: createHangUp(dialer, hangUps),
    async drain(graceMs) {
      // Not the dialer's own: a draining dialer accepts no more calls, and other channels may have some to place.
      if (up.size === 0) return;
      await new Promise<void>((resolve) => {
        const stopGrace = clock.after(graceMs, () => {
          for (const callId of up) dialer.cancel(callId);
        });
        drained = () => {
          stopGrace();
          resolve();
        };
      });
    },
    async settled() {
      batchTimer.flush();
      await Promise.all([reputation.settled(), ...[...live].map((progress) => progress.settled())]);
    },
  };
}

/** The outcome of the call, or where it was answered why the code was not read out. */
function reasonOf({ outcome }: CallResult, { spoken, end }: Said): string {
  // The success of a missed call is none here.
  if (outcome === "rang") return "not_answered";
  if (outcome !== "answered" || spoken) return outcome;
  return end ?? "hung_up";
}
