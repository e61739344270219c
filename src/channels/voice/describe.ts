/** The API's representation of a voice call. */
import type { Delivery } from "../../verification/types.ts";
import { attemptBody } from "../calls/attempt.ts";
import type { CallEvidence } from "../calls/evidence.ts";
import type { VoiceBody } from "./schema.ts";

/** What is stored at the end of a voice call. */
export interface VoiceResult extends CallEvidence {
  /** Asterisk's name of the language; null where nothing was said. */
  readonly language: string | null;
}

export function createDescription(
  fixed: Pick<VoiceBody, "ring" | "confirm_key">,
): (delivery: Pick<Delivery, "result">) => VoiceBody {
  return ({ result }) => {
    const call = result as VoiceResult | null;
    return {
      locale: call?.language?.replaceAll("_", "-") ?? null,
      ...fixed,
      talk_ms: call?.talkMs ?? null,
      attempt: call === null ? null : attemptBody(call),
    };
  };
}
