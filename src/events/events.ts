/** What happened, for metrics, logs and later webhooks and CDRs. Holds no code, no caller ID and no whole number. */
import type { CooldownReason } from "../caller-ids/store-port.ts";
import type { AttemptResult } from "../telephony/calls/ports.ts";
import type { Status } from "../verification/types.ts";

/**
 * What came of a call that came in, by the first thing that stood against it: it called none of our `call_in.numbers`, its
 * trunk is not trusted, its number was withheld or unreadable, too many came at once, nothing waited for it, the store was away.
 */
export const callInResults = [
  "verified",
  "other_number",
  "untrusted",
  "withheld",
  "shed",
  "no_match",
  "failed",
] as const;
export type CallInResult = (typeof callInResults)[number];

export type ReportEvent =
  | {
      readonly type: "verification_started";
      readonly id: string;
      readonly app: string;
      readonly country: string;
      /** Null where the callee is to call in. */
      readonly trunk: string | null;
    }
  | {
      readonly type: "verification_ended";
      readonly id: string;
      readonly app: string;
      readonly country: string;
      readonly status: Status;
      readonly reason: string | null;
    }
  /** A caller ID of this range began to rest, after a call on this trunk. */
  | {
      readonly type: "caller_id_cooldown";
      readonly range: string;
      readonly trunk: string;
      readonly reason: CooldownReason;
    }
  | { readonly type: "check"; readonly id: string; readonly app: string; readonly valid: boolean }
  | { readonly type: "call_in"; readonly trunk: string; readonly result: CallInResult }
  | { readonly type: "attempt_ringing"; readonly id: string; readonly country: string; readonly trunk: string }
  | {
      readonly type: "attempt_ended";
      readonly id: string;
      readonly country: string;
      readonly trunk: string;
      readonly result: AttemptResult;
    };

export type Report = (event: ReportEvent) => void;
