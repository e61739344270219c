/** What happens to a verification. */
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
    /** How the newest delivery went. */
    readonly reason: string | null;
  };
}
