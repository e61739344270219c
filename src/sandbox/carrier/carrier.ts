/**
 * The simulated carrier: a SIP user agent server that any SIP client on this machine can call, with a phone behind it
 * that behaves by the callee's last three digits.
 */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { readVia, splitValues } from "../../sip/header.ts";
import { headerOf, parseMessage } from "../../sip/message.ts";
import { calleeOf, callerIdOf } from "./addresses.ts";
import { Audio } from "./audio.ts";
import { stepsFor, type Timings } from "./behaviours.ts";
import { Call } from "./call.ts";
import { type HangUp, hangUp } from "./hang-up.ts";
import type { InviteTransaction } from "./invite-transaction.ts";
import { parseRequest, type SipRequest } from "./request.ts";
import { replyTo, type SipResponse, type Source, writeResponse } from "./response.ts";
import { negotiate } from "./sdp.ts";
import { Transactions, type TransactionUser } from "./transactions.ts";

/** Methods that RFC 3261 and its extensions define and that this phone has no use for: its keys go over RTP. */
const KNOWN_METHODS = /^(REGISTER|INFO|PRACK|UPDATE|SUBSCRIBE|NOTIFY|REFER|MESSAGE|PUBLISH)$/;
const ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS";
/** Calls up at once; a sandbox has one user. A finished UDP transaction lingers for 32 s. */
const MAX_CALLS = 500;
const MAX_TRANSACTIONS = 5000;

export interface CarrierCoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings: Timings;
  /** Our address as it stands in Contact and SDP. */
  readonly local: { readonly address: string; readonly sipPort: number; readonly mediaPort: number };
  readonly transmit: (datagram: Buffer, to: Source) => void;
  /** Puts a packet of audio on the wire. */
  readonly transmitAudio: (datagram: Buffer, to: Source) => void;
  /** A call began or changed its state. */
  readonly onChange: (call: Call) => void;
}

export class CarrierCore implements TransactionUser {
  readonly #options: CarrierCoreOptions;
  readonly #transactions: Transactions;
  /** Calls whose dialog is up, by the name that `dialogOf` gives them. */
  readonly #calls = new Map<string, Call>();
  readonly #callOf = new WeakMap<InviteTransaction, Call>();
  /** BYEs of ours that have no response yet, by branch. */
  readonly #hangUps = new Map<string, HangUp>();
  readonly #audio: Audio;

  constructor(options: CarrierCoreOptions) {
    this.#options = options;
    this.#audio = new Audio({ clock: options.clock, random: options.random, transmit: options.transmitAudio });
    this.#transactions = new Transactions({
      clock: options.clock,
      user: this,
      send: (request, source, response, toTag) => this.#send(request, source, response, toTag),
      newTag: () => options.random.bytes(8).toString("hex"),
      limit: MAX_TRANSACTIONS,
    });
  }

  /** Takes one datagram off the wire; never throws, whatever it holds. */
  receive(datagram: Buffer, source: Source): void {
    const request = parseRequest(datagram);
    if (request) this.#transactions.receive(request, source);
    else if (this.#hangUps.size > 0) this.#receiveResponse(datagram);
    else this.#options.logger.debug({ bytes: datagram.length }, "no SIP request, ignored");
  }

  /** Takes one datagram off the media port; never throws, whatever it holds. */
  receiveAudio(datagram: Buffer, source: Source): void {
    this.#audio.receive(datagram, source);
  }

  /** Ends everything without a word; the caller's side has its own timers. */
  stop(): void {
    for (const call of this.#calls.values()) call.stop();
    this.#calls.clear();
    for (const { stop } of this.#hangUps.values()) stop();
    this.#hangUps.clear();
    this.#transactions.clear();
  }

  onInvite(transaction: InviteTransaction, source: Source): void {
    const { request, toTag } = transaction;
    const refusal = this.#refusalOf(request);
    if (refusal) {
      transaction.respond(refusal);
      return;
    }
    const { clock, timings, local, onChange } = this.#options;
    const callee = calleeOf(request);
    const dialog = dialogName(request, toTag);
    const call = new Call({
      id: this.#options.random.bytes(8).toString("hex"),
      callee,
      callerId: callerIdOf(request),
      transaction,
      steps: stepsFor(callee, timings),
      clock,
      session: () => negotiate(request.body, { address: local.address, port: local.mediaPort }),
      openAudio: (remote) => this.#audio.open(remote),
      contact: `Contact: <sip:${local.address}:${local.sipPort}>`,
      onChange,
      onOver: () => this.#calls.delete(dialog),
      repeat: (response) => this.#send(request, source, response, toTag),
      hangUp: () => this.#hangUp(request, source, toTag),
    });
    this.#calls.set(dialog, call);
    this.#callOf.set(transaction, call);
    onChange(call);
    call.start();
  }

  onAck(request: SipRequest): void {
    this.#calls.get(dialogName(request, request.toTag))?.confirmed();
  }

  onRequest(request: SipRequest, invite: InviteTransaction | undefined): SipResponse | null {
    switch (request.method) {
      case "CANCEL":
        return this.#onCancel(invite);
      case "BYE":
        return this.#onBye(request);
      case "OPTIONS":
        return { status: 200, headers: [ALLOW, "Accept: application/sdp"] };
      default:
        return { status: KNOWN_METHODS.test(request.method) ? 405 : 501, headers: [ALLOW] };
    }
  }

  #onCancel(invite: InviteTransaction | undefined): SipResponse | null {
    if (!invite) return { status: 481 };
    const call = this.#callOf.get(invite);
    if (call?.silent) return null;
    call?.canceled();
    return { status: 200 };
  }

  #onBye(request: SipRequest): SipResponse {
    const call = this.#calls.get(dialogName(request, request.toTag));
    if (!call) return { status: 481 };
    call.ended();
    return { status: 200 };
  }

  #hangUp(invite: SipRequest, source: Source, toTag: string): void {
    const { clock, random, local, transmit } = this.#options;
    const send = (datagram: Buffer) => transmit(datagram, source);
    const options = { invite, toTag, local: `${local.address}:${local.sipPort}`, clock, random, send };
    const [oldest] = this.#hangUps.values();
    if (this.#hangUps.size >= MAX_CALLS && oldest) this.#forgetHangUp(oldest.branch);
    const made = hangUp(options, () => this.#hangUps.delete(made.branch));
    this.#hangUps.set(made.branch, made);
  }

  /** Of a BYE of ours; any final response ends it. */
  #receiveResponse(datagram: Buffer): void {
    const message = parseMessage(datagram);
    if (message?.kind !== "response" || message.status < 200) return;
    const branch = readVia(splitValues(headerOf(message, "via") ?? "")[0] ?? "")?.branch ?? "";
    this.#forgetHangUp(branch);
  }

  #forgetHangUp(branch: string): void {
    this.#hangUps.get(branch)?.stop();
    this.#hangUps.delete(branch);
  }

  /** Why an INVITE is no new call; null where it is. */
  #refusalOf(request: SipRequest): SipResponse | null {
    const required = headerOf(request, "require");
    if (required !== null) return { status: 420, headers: [`Unsupported: ${required}`] };
    // Inside a dialog: this phone changes nothing about a call that is up.
    if (request.toTag !== null) {
      return { status: this.#calls.has(dialogName(request, request.toTag)) ? 488 : 481 };
    }
    return this.#calls.size >= MAX_CALLS ? { status: 503, headers: ["Retry-After: 5"] } : null;
  }

  #send(request: SipRequest, source: Source, response: SipResponse, toTag: string): void {
    this.#options.transmit(writeResponse(request, source, response, toTag), replyTo(request, source));
  }
}

/** Section 12: Call-ID and both tags name a dialog. */
function dialogName(request: SipRequest, ourTag: string | null): string {
  return `${request.callId} ${request.fromTag} ${ourTag ?? ""}`;
}
