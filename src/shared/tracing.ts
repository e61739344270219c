/** The port to distributed tracing (src/tracing). Where tracing is off there is none: a seam takes `Tracing | null` and adds no hook. */

/** Names and closed values, ids of verifications; never a number, an address, a code, a caller ID or a text of an error. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** OpenTelemetry's span kinds. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** A traceparent (W3C Trace Context); null: a new trace. Left out: the span that the caller runs in, else a new trace. */
  readonly parent?: string | null;
}

export interface Span {
  /** As a W3C traceparent, for what continues the trace elsewhere. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Something happened within it. */
  event(name: string, attributes?: SpanAttributes): void;
  /** @param errorType a closed name: a refusal's code, an error's class */
  fail(errorType: string): void;
  end(): void;
}

/** Which trace a verification belongs to: what it does later, at any gateway, continues the span of its start. */
export interface VerificationTraces {
  /** Remembers the current span, here and in the store. */
  remember(verificationId: string): void;
  /** As this gateway remembers it: a traceparent, or null. */
  known(verificationId: string): string | null;
  /** Asks the store too. Never rejects. */
  find(verificationId: string): Promise<string | null>;
  /** From now on the traces of other gateways are found as well. */
  useStore(store: TraceStore): void;
}

/** Where gateways find each other's. */
export interface TraceStore {
  put(verificationId: string, traceparent: string): Promise<void>;
  get(verificationId: string): Promise<string | null>;
}

export interface Tracing {
  /** Begins a span that the caller ends. */
  begin(name: string, options?: SpanOptions): Span;
  /** Runs `work`, and what it calls and awaits, inside the span. */
  inside<T>(span: Span, work: () => T): T;
  /** Runs `work` inside a new span, which ends with it; a rejection marks it as failed and is passed on. */
  within<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** The span that the caller runs in, unless it has ended; null: none. */
  current(): Span | null;
  readonly verifications: VerificationTraces;
  /** Sends what is not sent yet, for at most 2 s, and ends. Never rejects. */
  stop(): Promise<void>;
}
