/** What happened, for metrics, logs and later webhooks and CDRs. Holds no code, no caller ID and no whole number. */
import type { RestReason } from "../callerid/care-port.ts";
import type { AttemptResult } from "../telephony/dialer-port.ts";
import type { Status } from "../verification/types.ts";

export type ReportEvent =
  | {
      readonly type: "verification_started";
      readonly id: string;
      readonly app: string;
      readonly country: string;
      readonly trunk: string;
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
      readonly type: "caller_id_rested";
      readonly range: string;
      readonly trunk: string;
      readonly reason: RestReason;
    }
  | { readonly type: "check"; readonly id: string; readonly app: string; readonly valid: boolean }
  | { readonly type: "attempt_ringing"; readonly id: string; readonly country: string; readonly trunk: string }
  | {
      readonly type: "attempt_ended";
      readonly id: string;
      readonly country: string;
      readonly trunk: string;
      readonly result: AttemptResult;
    };

export type Report = (event: ReportEvent) => void;
