/** Events of a verification's calls. */
import type { CallResult } from "../../telephony/calls/ports.ts";

export interface CallEvents {
  "call.ringing": { readonly verification: string; readonly country: string | null; readonly trunk: string };
  "call.ended": {
    readonly verification: string;
    readonly country: string | null;
    readonly trunk: string;
    readonly result: CallResult;
    /** It was placed to be answered: its caller ID is no code, and its ring time another. */
    readonly kept?: true;
  };
}
