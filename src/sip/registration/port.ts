/** The port of registrations (RFC 3261 section 10): one account of a trunk at its carrier. */
import type { Credentials } from "../auth/port.ts";
import type { NextHop } from "../location/port.ts";
import type { HeaderLine } from "../transaction/port.ts";
import type { Flow, Target } from "../transport/port.ts";

export interface RegisteredAccount {
  readonly hop: NextHop;
  /** Request-URI: the carrier's domain, without user (section 10.2): `sip:carrier.example`. */
  readonly registrar: string;
  /** Address of record, in From and To: `sip:alice@carrier.example`. */
  readonly address: string;
  /** User part of our Contact: a call that comes in has it in its Request-URI. */
  readonly contactUser: string;
  readonly credentials: Credentials;
  readonly expiresSeconds: number;
  /** Route towards an outbound proxy, and what else the trunk asks for. */
  readonly headers?: readonly HeaderLine[];
}

/** For health, metrics and operators: no secrets, no addresses of ours. */
export interface RegistrationStatus {
  /** The registrar keeps our binding now: calls can come in. */
  readonly registered: boolean;
  /** `sending`, `waiting`, …, see machine.ts. */
  readonly activity: "idle" | "sending" | "waiting" | "removing" | "ended";
  /** Until the registrar forgets us; null: it does not know us. */
  readonly expiresInMs: number | null;
  readonly failures: number;
  /** Why the last REGISTER failed: `403 Forbidden`, `no response`, … Null: it succeeded, or none was sent yet. */
  readonly failure: string | null;
  /** Its status; null: there was none. */
  readonly failureStatus: number | null;
}

/** What the registrar keeps of the account already, made by another process of this gateway. */
export interface KnownBinding {
  readonly expiresInMs: number;
  readonly serviceRoute: readonly string[];
}

export interface Registration {
  /** @param known counts as ours until it ends, or the registrar refuses us */
  start(known?: KnownBinding): void;
  /** Removes the binding, waits for the response for a short time, and ends. Idempotent. */
  stop(): Promise<void>;
  status(): RegistrationStatus;
  /** Routes of requests of this account, as the registrar asked in Service-Route (RFC 3608); empty: none. */
  readonly serviceRoute: readonly string[];
  /** The server that keeps our binding now, and sends us calls; null: none that we know of. */
  readonly registrar: Target | null;
  /** Those that are on the way back to us, as the registrar saw them (Path, RFC 3327); for operators. */
  readonly path: readonly string[];
  /** A flow was lost: the binding is renewed at once if it was made over this one (RFC 5626 section 4.4). */
  flowClosed(flow: Flow): void;
}
