/**
 * The port between the core and a channel: one folder, one `ChannelModule`, one line in the composition root. The core
 * knows deliveries, codes and proofs; everything else about a channel is behind this port.
 */
import type { Logger } from "pino";
import type { TSchema } from "typebox";
import type { ProfileBounds } from "../apps/bounds.ts";
import type { AppRef } from "../apps/principal.ts";
import type { Network } from "../numbers/networks/types.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { Refusal } from "../shared/refusal.ts";
import type { CalleeRef, Hashes } from "./hashes.ts";
import type { Event, Status } from "./machine.ts";
import type { DeliveryUpdate, ProgressWriter } from "./progress-writer.ts";
import type { Sealing } from "./sealing.ts";
import type { AskToSimulate, SimulatedStop, Simulation } from "./simulated/simulation.ts";
import type { BeginAnswer, ScriptArgs, Seen, VerificationStore } from "./store-port.ts";
import type { CodeGeneration, Delivery, Guess, ProofKind, Verification } from "./types.ts";

/** The states of one delivery. Redis gets it as a Lua table, like the verification's own. */
export interface DeliveryMachine {
  /** State → the verification's event when it is reached; null: none. */
  readonly states: Readonly<Record<string, Exclude<Event, "begun"> | null>>;
  readonly initial: string;
  /** event → state before → state after. Other transitions do not occur. */
  readonly transitions: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>>;
  /** States in which it may still reach the person: no other delivery begins in them. */
  readonly busy: readonly string[];
  /** States in which it waits for the person to act; it does not fail from there. */
  readonly waiting: readonly string[];
  /** Final states. */
  readonly final: readonly string[];
  /** The event that replaces another one while a further part (call) of the same code is pending. */
  readonly beforeLastPart: Readonly<Partial<Record<string, string>>>;
}

/** The delivery that is to begin. */
export interface DeliveryOrder {
  readonly verificationId: string;
  readonly app: AppRef;
  /** The recipient of this delivery in its canonical form: E.164 with the plus sign, or what `readRecipient` made of it. */
  readonly to: string;
  /** ISO 3166; null where the recipient has none. */
  readonly country: string | null;
  /** Of `to`. */
  readonly callee: CalleeRef;
  /** Given with `reserve`: `to` is not the verification's own recipient, so what is counted for it lies in another slot. */
  readonly elsewhere?: true;
  /**
   * The network of a number as far as it is known when the delivery begins; left out or null: it is not, or `to` is no
   * number.
   */
  readonly network?: Network | null;
  readonly calls: number | null;
  readonly codeLength: number | null;
  /** BCP 47 tag that the app named; null: the recipient's country decides, else the app's default. */
  readonly locale: string | null;
  /** The app's own code, 4 to 10 digits; null: the gateway's. Never logged, never stored in the clear. */
  readonly appCode: string | null;
  /** Which step of the workflow this is, from 0; null: no workflow, or the person's choice. */
  readonly step: number | null;
  /** Of the newest derived code; null: none was sent yet. */
  readonly generation: CodeGeneration | null;
  /** Of the app's profile; without it as the gateway. */
  readonly bounds?: ProfileBounds;
  /** Recipients that have codes of their own in this verification, first ones first; this one may be among them. */
  readonly recipients: readonly { readonly kind: ProofKind; readonly to: string }[];
}

export type SimulationAsk = AskToSimulate<DeliveryOrder>;

/** The code of a message or of a spoken delivery, offered for two generations: the store decides which one is sent. */
export interface CodeOffer {
  /** Four arguments of a start script; `pick_code` of lua/includes/begin.lua reads them. */
  readonly args: ScriptArgs;
  /** Digits of the code. */
  readonly length: number;
  /** The code to send. @param choice of the store's answer */
  code(choice: number): string;
}

/** Codes of the channels whose `codes` is `derived`. */
export interface DeliveryCodes {
  /** The app's own code where the order has one. */
  offer(order: DeliveryOrder): CodeOffer;
  /** Digits of the code that `offer` would offer. */
  lengthOf(order: DeliveryOrder): number;
}

/** A channel's resource for one delivery (a channel slot, a connection), held until the store has decided. */
export interface Reservation {
  /** Price of the delivery in the operator's currency; without it none is configured. Stored with the delivery. */
  readonly cost?: number | null;
  /** Asks the store to begin the delivery, more than once where the channel offers something else at the second try. */
  begin(start: (args: ScriptArgs) => Promise<BeginAnswer>): Promise<BeginAnswer>;
  /** The delivery has begun: executes it. Never throws. Either this or `release` is called, once. */
  commit(verification: Verification): void;
  /** No delivery was begun. Never throws. */
  release(): void;
}

/** A check's input, read by the channel: the code to compare, or why it cannot be one. */
export interface ReadGuess {
  readonly code: string;
  readonly codeLength: number;
}

/** The services of the core for a channel. */
export interface ChannelCore {
  readonly store: VerificationStore;
  readonly hashes: Hashes;
  readonly codes: DeliveryCodes;
  /** For what is kept and read back, such as a caller ID that no one may read before the end. */
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** When deferrable writes are flushed. */
  readonly batchTimer: BatchTimer;
  /** Call it with every verification that a script returns, so that its end is reported once. */
  seen(seen: Seen): Verification;
  /**
   * The call of its newest delivery is over, and rings no phone: another recipient than the verification's own can be called
   * again. The own one's lock goes with the update.
   */
  callOver(verification: Verification): void;
  /**
   * Stores the updates of a verification's newest attempt, in order.
   * @param onForgotten the store has the verification no more: Redis failed over to a node that never had it
   */
  progressOf(
    verification: Pick<Verification, "id" | "app" | "attempts">,
    onWritten: (update: DeliveryUpdate, after: AfterUpdate) => void,
    onForgotten?: () => void,
  ): ProgressWriter;
}

/** Whether a channel can deliver now. */
export interface ChannelHealth {
  readonly up: boolean;
  /** One sentence for operators; no secret, no recipient. */
  readonly detail: string;
}

/** How an update left the verification. */
export interface AfterUpdate {
  readonly status: Status;
  readonly partsDelivered: number;
}

/** A delivery in progress, as an example for the API document. */
export interface ChannelExample {
  /** One of the states that can be reached while the verification is open. */
  readonly state: string;
  /** Null: the channel has no code. */
  readonly codeLength: number | null;
  /** What `describe` returns then. */
  readonly described: Readonly<Record<string, unknown>>;
}

/** The static part of a channel and its constructor: the export of its folder. */
export interface ChannelModule {
  /** In records, configuration and API. */
  readonly name: string;
  readonly proves: ProofKind;
  /** Whether it can be used with this configuration. */
  readonly enabled: boolean;
  /**
   * The codes that are typed: `own` are made by the channel (a new one each time), `derived` by the core (`core.codes`: the
   * same for all such channels); null: there is none to type.
   */
  readonly codes: "own" | "derived" | null;
  /** Longest time from a delivery's start until the person may have it (rung, sent, spoken), in ms. */
  readonly setupLimitMs: number;
  /** False: nothing reaches out to the recipient, who acts alone (a call in); an opt-out does not refuse it. */
  readonly contacts?: false;
  /** Whether a delivery costs money: then an automatic step to it by waiting needs a sign of a person. */
  readonly costs: boolean;
  /** Whether its results are evidence of calls (channels/calls/evidence.ts): each is reported as `call.ended`. */
  readonly reportsCalls?: true;
  /** Whether its messages are texts of the callee's mobile network. */
  readonly isText?: true;
  /** How long a workflow waits after a delivery where the step does not say, in ms; without it 30,000. */
  readonly waitMs?: number;
  readonly machine: DeliveryMachine;
  /** Files of its Lua scripts by name; `start` is needed, see redis/lua/includes/begin.lua. */
  readonly scripts: Readonly<Record<string, URL>>;
  /** JSON Schema (TypeBox) of what `describe` returns, for the API document. */
  readonly schema: TSchema;
  /** Its example in the API document; without it no example uses the channel. */
  readonly example?: ChannelExample;
  /** Reads a recipient that is no phone number: its canonical form, or why it is none. Without it the core reads a number. */
  readonly readRecipient?: (text: string) => Recipient;
  open(core: ChannelCore): Channel;
}

/** One INVITE of a delivery's calls: trunk, Asterisk, outcome, and where its call alerted the post-dial delay in ms. */
export type Invite = readonly [trunk: string, asterisk: string, outcome: string, postDialDelayMs: number | null];

/**
 * The course of a delivery in the terms of its detail record (cdr/rows.ts), the same for every channel. What does not
 * apply to the channel, or is not known, is left out.
 */
export interface DeliveryEvidence {
  /** Every INVITE in order; the last one's path is that of the delivery. */
  readonly invites?: readonly Invite[];
  /** The trunk of a call without an INVITE of ours: an inbound one. */
  readonly trunk?: string;
  /** Name of the caller-ID range. */
  readonly range?: string;
  /** The caller ID of each call in order, E.164; secret until the verification has ended. */
  readonly callerIds?: readonly string[];
  readonly outcome?: string;
  readonly alerted?: boolean;
  readonly postDialDelayMs?: number | null;
  readonly ringMs?: number | null;
  readonly answered?: boolean;
  readonly talkMs?: number;
  readonly falseAnswer?: boolean;
  readonly sipStatus?: number | null;
  readonly q850Cause?: number | null;
  readonly endedBy?: string;
  /** `sip` or `events`. */
  readonly source?: string;
  /** The route, server or sender of a message. */
  readonly route?: string;
  /** Parts of a message that carriers charge for. */
  readonly segments?: number;
}

/** A recipient in its canonical form, or what is wrong with it (a sentence without the recipient). */
export type Recipient = { readonly to: string } | { readonly problem: string };

/** An open channel. */
export interface Channel {
  /** Connects in the background, for ever. Resolves after the first try; never rejects. `drain` disconnects. */
  start?(): Promise<void>;
  /** Validates the order before anything is reserved. @throws {Refusal} */
  accept(order: DeliveryOrder): void;
  /** @throws {Refusal} where no resource is available */
  reserve(order: DeliveryOrder): Promise<Reservation>;
  /**
   * The most that the delivery may cost by the configured prices, in the operator's currency, before a route is chosen; null:
   * none is configured. Without it, it costs nothing.
   */
  estimate?(order: DeliveryOrder): number | null;
  /** The refusal for `refused` of its start script. */
  refusal(why: string, figure: number): Refusal;
  /**
   * How a delivery by this order would go that is only simulated: nothing is reserved, and nobody is contacted. Without it
   * the channel takes no test numbers, and what the guard answers by a shadow is refused.
   * @throws {Refusal} as `reserve` may
   */
  simulate?(ask: SimulationAsk): Simulation | Promise<Simulation>;
  /** The end of a simulated delivery that the end of its verification stopped. */
  stopSimulated?(delivery: Delivery, endedAtMs: number): SimulatedStop;
  /**
   * How many attempts the order takes, of a channel whose reservations others wait for and whose attempts and codes
   * count against the callee. The callee's limits are then looked at before anything is reserved, where it was refused a
   * moment ago.
   */
  attemptsOf?(order: DeliveryOrder): number;
  /** The same order with a code of more bits, for a callee with too many wrong checks; null: there is none. */
  strengthen?(order: DeliveryOrder): DeliveryOrder | null;
  /** What another delivery by this channel takes over from its newest one; without it nothing. */
  again?(newest: Delivery, codeLength: number | null): Pick<DeliveryOrder, "calls" | "codeLength">;
  /**
   * Reads a check's input for its newest delivery, where the channel has more to type than digits (a whole caller ID). The
   * core reads the others.
   * @param look reads the verification, where the input alone is not sufficient
   * @throws {Refusal} where it can never be right; that does not count as a check
   */
  read?(guess: Guess, look: () => Promise<Verification>): Promise<ReadGuess>;
  /** Whether it can deliver now; `detail` for operators. Without it: always. A start or step is refused where it is down. */
  health?(): ChannelHealth;
  /** The channel's object in the API. @param ended whether the verification has ended: then no field is secret */
  describe(delivery: Delivery, ended: boolean): Readonly<Record<string, unknown>>;
  /** What the detail record of a delivery says of its course, once the verification has ended; without it nothing. */
  evidence?(delivery: Delivery, verificationId: string): DeliveryEvidence;
  /** The verification has ended: stops what is still in progress of this delivery, the newest or an earlier one. Never throws. */
  stop(verification: Verification, delivery: Delivery): void;
  /** Lets deliveries in progress end; remaining ones are canceled after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all updates so far are stored. */
  settled(): Promise<void>;
}
