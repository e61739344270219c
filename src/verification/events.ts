/** Events of a verification. */
import type { Status } from "./machine.ts";

export interface VerificationEvents {
  "verification.started": {
    readonly verification: string;
    readonly channel: string;
    readonly country: string | null;
  };
  /** The newest delivery has another state, or another delivery began. */
  "delivery.updated": {
    readonly verification: string;
    readonly status: Status;
  };
  /** A code was compared. */
  "verification.checked": { readonly verification: string; readonly valid: boolean };
  "verification.ended": {
    readonly verification: string;
    readonly channel: string;
    readonly country: string | null;
    readonly status: Status;
    /** The newest delivery's reason. */
    readonly reason: string | null;
  };
}
