/**
 * What is said in an answered call. With a key the code is read out only after it was pressed: neither voicemail nor call
 * screening presses one. Everything is bounded by the call's own limit.
 */
import { againSound, pressKeySound, yourCodeSound } from "../../speech/sound-names.ts";
import type { AnsweredCall, PlaybackEnd } from "../../telephony/calls/ports.ts";
import { isSpoken } from "./language.ts";

/** People answer before the phone is at the ear. */
const leadInMs = 700;
/** Between the two readings. */
const betweenMs = 1200;
/** Before the hang-up, so that the last digit is not cut off by a network's delay. */
const leadOutMs = 500;

export interface ConversationRules {
  readonly confirmKey: string | null;
  readonly maxPrompts: number;
  readonly keyWaitMs: number;
}

/** How far it came. */
export type ConversationEnd =
  | "spoken"
  /** The key was not pressed. */
  | "not_confirmed"
  /** Asterisk could not play a sound. */
  | "playback_failed"
  /** The call ended before the code was read out. */
  | "hung_up";

/**
 * Leads the conversation and hangs up. Never rejects.
 * @param onSpoken called once, when the last digit of the first reading was played to its end
 */
export async function converse(
  call: AnsweredCall,
  code: string,
  language: string,
  rules: ConversationRules,
  onSpoken: () => void,
): Promise<ConversationEnd> {
  try {
    return await lead(call, code, language, rules, onSpoken);
  } finally {
    call.finish();
  }
}

async function lead(
  call: AnsweredCall,
  code: string,
  language: string,
  rules: ConversationRules,
  onSpoken: () => void,
): Promise<ConversationEnd> {
  const confirmed = rules.confirmKey === null ? null : await askForKey(call, language, rules, rules.confirmKey);
  if (confirmed !== null && confirmed !== "pressed") return confirmed;
  if (confirmed === null && !(await call.pause(leadInMs))) return "hung_up";
  const digits = [...code].map((digit) => `digits/${digit}`);
  const readOut = (opening: string) => {
    const isThere = isSpoken(opening, language, (sound) => call.languagesOf(sound));
    return call.play(isThere ? [opening, ...digits] : digits, language);
  };
  const first = await readOut(yourCodeSound);
  if (first !== "complete") return endOf(first);
  onSpoken();
  // From here on it was spoken, whatever happens.
  if ((await call.pause(betweenMs)) && (await readOut(againSound)) === "complete") await call.pause(leadOutMs);
  return "spoken";
}

/** Plays the prompt until the key is pressed, at any time from the answer on. */
async function askForKey(
  call: AnsweredCall,
  language: string,
  { maxPrompts, keyWaitMs }: ConversationRules,
  key: string,
): Promise<"pressed" | Exclude<ConversationEnd, "spoken">> {
  let pressed = false;
  let wake = () => {};
  call.onKey((one) => {
    if (one !== key || pressed) return;
    pressed = true;
    call.stopPlaying();
    wake();
  });
  const isPressedWithin = async (ms: number) => {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!pressed) await Promise.race([call.pause(ms), woken]);
    return pressed;
  };

  let end: PlaybackEnd = "complete";
  if (await isPressedWithin(leadInMs)) return "pressed";
  for (let prompt = 1; prompt <= maxPrompts; prompt++) {
    end = await call.play([pressKeySound], language);
    if (end === "over" || call.over) return "hung_up";
    // A key stops the prompt; Asterisk may fail to, and the code must not be read into the prompt.
    if (pressed) return end === "failed" ? "playback_failed" : "pressed";
    if (end === "failed") return "playback_failed";
    if (await isPressedWithin(keyWaitMs)) return "pressed";
    if (call.over) return "hung_up";
  }
  return "not_confirmed";
}

function endOf(end: Exclude<PlaybackEnd, "complete">): ConversationEnd {
  return end === "failed" ? "playback_failed" : "hung_up";
}
