/** Events of a verification's calls. */
import type { CallResult } from "../../telephony/calls/ports.ts";

export interface CallEvents {
  "call.ringing": { readonly verification: string; readonly country: string | null; readonly trunk: string };
  "call.ended": {
    readonly verification: string;
    readonly country: string | null;
    readonly trunk: string;
    readonly result: CallResult;
  };
}
