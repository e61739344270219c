/** The port of qualification: OPTIONS to a trunk, whose answer shows that it is up (RFC 3261 section 11). */
import type { NextHop } from "../location/port.ts";
import type { HeaderLine } from "../transaction/port.ts";
import type { Reach } from "./verdict.ts";

export interface Qualified {
  readonly hop: NextHop;
  /** Request-URI and To: `sip:carrier.example`. */
  readonly uri: string;
  /** From: `sip:our.example`, or the trunk's account. */
  readonly from: string;
  readonly everyMs: number;
  /** Route towards an outbound proxy. */
  readonly headers?: readonly HeaderLine[];
}

export interface QualifyStatus {
  readonly reach: Reach;
  /** Of the last answer; null: none came yet. */
  readonly roundTripMs: number | null;
  /** Of the last answer; null: the last OPTIONS had none. */
  readonly status: number | null;
  /** Why there was none; null: there was one. For operators. */
  readonly failure: string | null;
}

export interface Qualifier {
  start(): void;
  stop(): void;
  status(): QualifyStatus;
}
