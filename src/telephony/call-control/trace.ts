/** What is kept of the messages of the newest calls, for operators: masked, by our own SIP or by the capture of Asterisk's. */

export interface TracedMessage {
  /** Milliseconds since the call began. */
  readonly ms: number;
  /** `out`: from us. */
  readonly direction: "in" | "out";
  /** The far end: `198.51.100.7:5060/tcp`. */
  readonly peer: string;
  /** Method, or status and phrase with the method that it answers; numbers masked. */
  readonly what: string;
}

/** A call, as its trace names it; the numbers are masked when they are kept. */
export interface TracedCall {
  /** The attempt's id. */
  readonly callId: string;
  readonly trunk: string;
  readonly callee: string;
  readonly callerId: string;
}

export interface CallTrace {
  /** The call attempt's id, which begins with the verification's. */
  readonly callId: string;
  readonly trunk: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** The first digits, then an asterisk for each that is hidden. */
  readonly callee: string;
  readonly callerId: string;
  readonly messages: readonly TracedMessage[];
  /** Messages beyond those that are kept of one call. */
  readonly omitted: number;
}

/** The traces of an attempt, or of all attempts of a verification, the oldest first. Null: none are kept. */
export type FindTraces = (id: string) => readonly CallTrace[] | null;
