/** Events of a verification. */
import type { Status } from "./machine.ts";
import type { Simulated } from "./types.ts";

export interface VerificationEvents {
  "verification.started": {
    readonly verification: string;
    readonly channel: string;
    readonly country: string | null;
    /** Of its first delivery. */
    readonly state: string;
    /** Why its delivery is simulated: then it counts nowhere. */
    readonly simulated?: Simulated;
  };
  /** The newest delivery has another state, or another delivery began. */
  "delivery.updated": {
    readonly verification: string;
    readonly status: Status;
    /** Of the newest delivery. */
    readonly channel: string;
    readonly state: string;
    readonly simulated?: Simulated;
  };
  /** A code was compared. */
  "verification.checked": { readonly verification: string; readonly valid: boolean; readonly simulated?: Simulated };
  "verification.ended": {
    readonly verification: string;
    readonly channel: string;
    readonly country: string | null;
    readonly status: Status;
    /** The newest delivery's state and reason. */
    readonly state: string;
    readonly reason: string | null;
    /** Whether the app gave the code: what was proven by it never teaches brakes or reputation. */
    readonly appCode: boolean;
    readonly simulated?: Simulated;
  };
}
