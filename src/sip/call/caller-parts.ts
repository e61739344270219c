/** What a caller is made of. */
import type { Clock } from "../../shared/clock.ts";
import type { Digests } from "../auth/port.ts";
import type { Locator } from "../location/port.ts";
import type { TransactionLayer } from "../transaction/port.ts";
import type { Transports } from "../transport/port.ts";

export interface CallerParts {
  readonly transactions: Pick<TransactionLayer, "invite" | "takeOver" | "request" | "acknowledge">;
  readonly transports: Pick<Transports, "flowTo" | "connect">;
  readonly locator: Locator;
  readonly digests: Digests;
  readonly clock: Clock;
  /** The clock of the transports' `atMs`, for the times of the evidence. */
  readonly monotonicMs: () => number;
  /** Our tag of a call (a token): one that any gateway of ours can compute again from the Call-ID header. */
  readonly tagFor: (callId: string) => string;
  /** Part of Call-IDs behind the `@`: our name or address. */
  readonly host: string;
  /** The address of session descriptions; left out: that of the flow's Via, which then has to be an address. */
  readonly mediaHost?: string;
  /** Value of User-Agent. */
  readonly userAgent: string;
  /** Whether two addresses are of the same trunks; left out: nothing is sent but where INVITEs go. */
  readonly isSameFarEnd?: (address: string, other: string) => boolean;
  /** From our CANCEL or BYE until a call's end counts as overdue. RFC 3261 section 9.1: 64 × T1. */
  readonly endWaitMs: number;
  /** Routes of a far end that were left out of a dialog, see `readRoutes`. */
  readonly onRefusedRoutes?: (count: number) => void;
  /** An exception of a user, or of a part: a bug, which must not disturb other calls. */
  readonly onError: (error: unknown) => void;
}
