/** The types of a verification, the same for every channel. */
import type { AppIdentity, AppRef } from "../apps/principal.ts";
import type { Network } from "../numbers/networks/types.ts";
import type { Status } from "./machine.ts";

/** What a channel proves that a person holds. */
export const proofKinds = ["phone", "email", "device"] as const;
export type ProofKind = (typeof proofKinds)[number];

/** Why deliveries are simulated: a test number, or the guard's shadow answer to an attacker. */
export type Simulated = "test" | "shadow";

/** One use of a channel in a verification. Holds no code and no full caller ID, so it may be shown to the app. */
export interface Delivery {
  /** 1 for the first. */
  readonly number: number;
  readonly channel: string;
  /** Its recipient: the verification's `to`, or the step's own. */
  readonly to: string;
  /** One of the states of the channel's `DeliveryMachine`. */
  readonly state: string;
  /** The channel's reason for its state, once known. */
  readonly reason: string | null;
  /** How many parts (calls) carry the code. */
  readonly parts: number;
  /** How many of them are over and may have been seen. */
  readonly partsDelivered: number;
  /** Digits of its code; null where there is none to type. */
  readonly codeLength: number | null;
  /** Its price in the operator's currency; null where none is configured. */
  readonly cost: number | null;
  /** Name of the guard's rule that decided about it; null: none did. */
  readonly guardDecision: string | null;
  /** What the guard counted it with, in millionths of the operator's currency; null: nothing. */
  readonly guardMicros: number | null;
  /**
   * The recipient's network where a configured source named it. What its range says is not kept: it can be looked up again, and
   * nearly every number has it.
   */
  readonly network?: Network;
  /** Details from the channel's start script; null of a step that was refused. */
  readonly details: unknown;
  /** The channel's result at its end; null until then. */
  readonly result: unknown;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Its newest attempt; left out of the newest delivery, whose is the verification's, and of what an older gateway kept. */
  readonly lastAttempt?: number;
}

/**
 * The person's client, as the app says. Keyed hashes of one app (`Hashes.client`): what an app claims of a client counts for
 * that app alone. Null: not given.
 */
export interface ClientRef {
  /** An IPv4 address, or the /64 of an IPv6 address; null also for addresses of no public network. */
  readonly ip: string | null;
  readonly session: string | null;
  readonly device: string | null;
}

/** One attempt to prove that a person holds a `to`. */
export interface Verification {
  readonly id: string;
  /** The tenant that started it; others get `verification_not_found`. */
  readonly app: string;
  /** The recipient: E.164 with the plus sign, an address or a registration. */
  readonly to: string;
  readonly country: string | null;
  readonly status: Status;
  /** Digits of the newest delivery's code; null where there is no code to type. */
  readonly codeLength: number | null;
  /** Checks that are left, also of an earlier delivery's code; null where there never was a code to type. */
  readonly checksLeft: number | null;
  /** How many checks it had, where the app's profile or the callee's limit gave it fewer; without it as many as the gateway gives. */
  readonly maxChecks?: number;
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
  /** BCP 47; null where the start named none. */
  readonly locale: string | null;
  /** Of the newest derived code; null where none was sent. */
  readonly generation: CodeGeneration | null;
  /** Null where there is one delivery, and others only by choice. */
  readonly workflow: Workflow | null;
  /** Whether the app gave the code. */
  readonly appCode: boolean;
  /** That code, sealed (sealing.ts); null where it gave none, or the verification has ended. */
  readonly sealedCode: string | null;
  /** The client's session as the start gave it, sealed; null where it gave none, or nothing asks for it. */
  readonly sealedSession: string | null;
  /** The person's client at the start; null where the app named none. */
  readonly client: ClientRef | null;
  /** Why its newest deliveries are simulated; null: they are real. Of `shadow` no answer to the app says anything. */
  readonly simulated: Simulated | null;
}

/** Of the derived codes of a verification: a new one has other codes. */
export interface CodeGeneration {
  /** 1 for the first. */
  readonly number: number;
  /** Names the key that they are derived with (codes.ts). */
  readonly keyId: string;
}

/** One step of a workflow, as it is kept. */
export interface PlannedStep {
  readonly channel: string;
  /** Its recipient where that is not the verification's `to`. */
  readonly to: string | null;
  /** Of `to`. */
  readonly country: string | null;
  /** Hash of `to`, where it has one: the verification is found by it. */
  readonly callee: string | null;
  /** How long nothing may be verified before the next step begins. */
  readonly waitMs: number;
  readonly calls: number | null;
  readonly codeLength: number | null;
}

export interface Workflow {
  readonly steps: readonly PlannedStep[];
  /** The step that was begun last, from 0. */
  readonly at: number;
}

/** One step of a workflow, as an app or the configuration names it. */
export interface StepRequest {
  readonly channel: string;
  /** Without it the verification's `to`. */
  readonly to?: string;
  /** Without it the channel's own. */
  readonly waitMs?: number;
}

/** The newest delivery. */
export function newestOf({ id, deliveries }: Pick<Verification, "id" | "deliveries">): Delivery {
  const newest = deliveries.at(-1);
  if (newest === undefined) throw new Error(`the verification ${id} has no delivery`);
  return newest;
}

/** The country of one of its recipients: of its own `to`, or of a step's. */
export function countryOf(
  { to, country, workflow }: Pick<Verification, "to" | "country" | "workflow">,
  recipient: string,
): string | null {
  if (recipient === to) return country;
  return workflow?.steps.find((step) => step.to === recipient)?.country ?? null;
}

/** An app's request. The schema was checked (http/verifications), the content was not. */
export interface StartRequest {
  readonly to: string;
  readonly country?: string;
  /** Either this or `workflow`; without both the app's or the gateway's default. */
  readonly channel?: string;
  readonly workflow?: readonly StepRequest[];
  /** The app's own code, 4 to 10 digits. */
  readonly code?: string;
  /** BCP 47: the language of messages. */
  readonly locale?: string;
  /** How many calls carry the code; for channels that call. */
  readonly calls?: number;
  readonly codeLength?: number;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The client's session, by which `checkByNumber` selects among several open verifications of one number. */
  readonly session?: string;
  /** The client's address and device, as the app says: the guard counts by them. */
  readonly ip?: string;
  readonly device?: string;
  /** Rules of the guard that this start is not refused by, of those that an app may override. */
  readonly override?: readonly string[];
}

/** A check's input: the code, or the whole caller ID of each call as the phone showed it, the first call's first. */
export type Guess = { readonly code: string } | { readonly callerIds: readonly string[] };

export interface CheckAnswer {
  readonly id: string;
  readonly status: Status;
  readonly valid: boolean;
  readonly checksLeft: number | null;
  /** The verification that this check verified; null where it did not. */
  readonly proven: Verification | null;
  /** Of a test number. */
  readonly test?: true;
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
  /** @param person whether a person asks: a step may depend on that */
  get(app: AppRef, id: string, person?: boolean): Promise<Verification>;
  check(app: AppRef, id: string, guess: Guess): Promise<CheckAnswer>;
  /**
   * Checks against the app's open verification of a number. Where none is open the answer has the shape of a wrong code.
   * @throws {Refusal} `verification_ambiguous` where several are open and `session` does not select one
   */
  checkByNumber(
    app: AppRef,
    number: { readonly to: string; readonly country?: string },
    guess: Guess,
    session: string | null,
  ): Promise<CheckAnswer>;
  /** Begins another delivery. @param channel without it, that of the newest delivery */
  resend(app: AppRef, id: string, channel?: string | null, clientIsGone?: ClientIsGone): Promise<Verification>;
  cancel(app: AppRef, id: string): Promise<Verification>;
  /** The channels that `resend` accepts, and from when on. */
  nextChannels(app: AppRef, verification: Verification): readonly NextChannel[];
}

export interface NextChannel {
  readonly channel: string;
  readonly availableAtMs: number;
}
