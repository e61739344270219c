/** The types of a verification, the same for every channel. */
import type { AppIdentity } from "../apps/principal.ts";
import type { Status } from "./machine.ts";

/** What a channel proves that a person holds. */
export const proofKinds = ["phone", "email", "device"] as const;
export type ProofKind = (typeof proofKinds)[number];

/** One use of a channel in a verification. Holds no code and no full caller ID, so it may be shown to the app. */
export interface Delivery {
  /** 1 for the first. */
  readonly number: number;
  readonly channel: string;
  /** One of the states of the channel's `DeliveryMachine`. */
  readonly state: string;
  /** The channel's reason for its state, once known. */
  readonly reason: string | null;
  /** How many parts (calls) carry the code. */
  readonly parts: number;
  /** How many of them are over and may have been seen. */
  readonly partsDelivered: number;
  /** Details from the channel's start script. */
  readonly details: unknown;
  /** The channel's result at its end; null until then. */
  readonly result: unknown;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/** One attempt to prove that a person holds a `to`. */
export interface Verification {
  readonly id: string;
  /** The tenant that started it; others get `verification_not_found`. */
  readonly app: string;
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly country: string | null;
  readonly status: Status;
  /** Digits of the newest delivery's code; null where there is no code to type. */
  readonly codeLength: number | null;
  /** Checks that are left, also of an earlier delivery's code; null where there never was a code to type. */
  readonly checksLeft: number | null;
  /** Attempts (calls, messages) of all deliveries so far. */
  readonly attempts: number;
  /** Oldest first, at least one. */
  readonly deliveries: readonly Delivery[];
  /** Number of the delivery that verified it; null until then. */
  readonly proofDelivery: number | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
  /** Number of its events so far. */
  readonly seq: number;
}

/** The newest delivery. */
export function newestOf({ id, deliveries }: Pick<Verification, "id" | "deliveries">): Delivery {
  const newest = deliveries.at(-1);
  if (newest === undefined) throw new Error(`the verification ${id} has no delivery`);
  return newest;
}

/** An app's request. The schema was checked (http/verifications), the content was not. */
export interface StartRequest {
  readonly to: string;
  readonly country?: string;
  /** Without it the gateway's default channel. */
  readonly channel?: string;
  /** How many calls carry the code; for channels that call. */
  readonly calls?: number;
  readonly codeLength?: number;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The client's session, by which `checkByNumber` selects among several open verifications of one number. */
  readonly session?: string;
}

/** A check's input: the code, or the whole caller ID of each call as the phone showed it, the first call's first. */
export type Guess = { readonly code: string } | { readonly callerIds: readonly string[] };

export interface CheckAnswer {
  readonly id: string;
  readonly status: Status;
  readonly valid: boolean;
  readonly checksLeft: number | null;
}

/** Whether the client of a request has closed its connection: then no delivery is begun, since the answer would reach no client. */
export type ClientIsGone = () => boolean;

/** The service that http/ and the sandbox use (service.ts). Every method may throw a `Refusal`. */
export interface Verifications {
  /** With an idempotency key the same request starts one verification in a day; another request with it is refused. */
  start(
    app: AppIdentity,
    request: StartRequest,
    idempotencyKey: string | null,
    clientIsGone?: ClientIsGone,
  ): Promise<Verification>;
  get(app: AppIdentity, id: string): Promise<Verification>;
  check(app: AppIdentity, id: string, guess: Guess): Promise<CheckAnswer>;
  /**
   * Checks against the app's open verification of a number. Where none is open the answer has the shape of a wrong code.
   * @throws {Refusal} `verification_ambiguous` where several are open and `session` does not select one
   */
  checkByNumber(
    app: AppIdentity,
    number: { readonly to: string; readonly country?: string },
    guess: Guess,
    session: string | null,
  ): Promise<CheckAnswer>;
  /** Begins another delivery. @param channel without it, that of the newest delivery */
  resend(app: AppIdentity, id: string, channel?: string | null, clientIsGone?: ClientIsGone): Promise<Verification>;
  cancel(app: AppIdentity, id: string): Promise<Verification>;
  /** The channels that `resend` accepts, and from when on. */
  nextChannels(app: AppIdentity, verification: Verification): readonly NextChannel[];
}

export interface NextChannel {
  readonly channel: string;
  readonly availableAtMs: number;
}
