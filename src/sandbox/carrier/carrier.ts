/**
 * The simulated carrier: a SIP user agent server that any SIP client on this machine can call, with a phone behind it
 * that behaves by the callee's last three digits.
 */
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { headerOf } from "../../sip/message.ts";
import { type ReceivedRequest, readRequest } from "../../sip/request-reading.ts";
import { createTransactions } from "../../sip/transaction/index.ts";
import type {
  ClientUser,
  HeaderLine,
  OutgoingResponse,
  ServerTransaction,
  TransactionLayer,
} from "../../sip/transaction/port.ts";
import type { Flow, SocketAddress, Transports } from "../../sip/transport/port.ts";
import { calleeOf, callerIdOf } from "./addresses.ts";
import { Audio } from "./audio.ts";
import { stepsFor, type Timings } from "./behaviours.ts";
import { Call } from "./call.ts";
import { byeOf } from "./hang-up.ts";
import { negotiate } from "./sdp.ts";

/** Methods that RFC 3261 and its extensions define and that this phone has no use for: its keys go over RTP. */
const KNOWN_METHODS = /^(REGISTER|INFO|PRACK|UPDATE|SUBSCRIBE|NOTIFY|REFER|MESSAGE|PUBLISH)$/;
const ALLOW: HeaderLine = ["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"];
/** Calls up at once; a sandbox has one user. A finished UDP transaction lingers for 32 s. */
const MAX_CALLS = 500;
const MAX_TRANSACTIONS = 5000;

export interface CarrierCoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: Timings;
  /** Where the phones' audio goes to. */
  readonly local: { readonly address: string; readonly mediaPort: number };
  /** Its receivers are set here; started and stopped by who made it. */
  readonly transports: Pick<Transports, "onMessage" | "onClosed" | "replyTo">;
  /** Puts a packet of audio on the wire. */
  readonly transmitAudio: (datagram: Buffer, to: SocketAddress) => void;
  /** A call began or changed its state. */
  readonly onChange: (call: Call) => void;
}

export class CarrierCore {
  readonly #options: CarrierCoreOptions;
  readonly #transactions: TransactionLayer;
  /** Calls whose dialog is up, by the name that `dialogOf` gives them. */
  readonly #calls = new Map<string, Call>();
  readonly #audio: Audio;

  constructor(options: CarrierCoreOptions) {
    const { clock, random, transports } = options;
    this.#options = options;
    this.#audio = new Audio({ clock, random, transmit: options.transmitAudio });
    this.#transactions = createTransactions({
      ...{ transports, random, limit: MAX_TRANSACTIONS },
      clock: steadyClock(clock),
    });
    this.#transactions.onRequest((transaction) => this.#receive(transaction));
  }

  /** Takes one datagram off the media port; never throws, whatever it holds. */
  receiveAudio(datagram: Buffer, source: SocketAddress): void {
    this.#audio.receive(datagram, source);
  }

  /** Ends everything without a word; the caller's side has its own timers. */
  stop(): void {
    for (const call of this.#calls.values()) call.stop();
    this.#calls.clear();
    this.#transactions.stop();
  }

  #receive(transaction: ServerTransaction): void {
    const request = readRequest(transaction.request);
    if (request === null) return;
    const call = request.toTag === null ? undefined : this.#calls.get(dialogName(request, request.toTag));
    switch (request.method) {
      case "INVITE":
        this.#invite(transaction, request);
        return;
      case "ACK":
        call?.confirmed();
        return;
      case "BYE":
        call?.ended();
        transaction.respond({ status: call ? 200 : 481 });
        return;
      case "OPTIONS":
        transaction.respond({ status: 200, headers: [ALLOW, ["Accept", "application/sdp"]] });
        return;
      default:
        transaction.respond({ status: KNOWN_METHODS.test(request.method) ? 405 : 501, headers: [ALLOW] });
    }
  }

  #invite(transaction: ServerTransaction, request: ReceivedRequest): void {
    const refusal = this.#refusalOf(request);
    if (refusal) {
      transaction.respond(refusal);
      return;
    }
    const { clock, timings, local, onChange } = this.#options;
    const callee = calleeOf(request);
    const dialog = dialogName(request, transaction.toTag);
    const call = new Call({
      id: this.#options.random.bytes(8).toString("hex"),
      callee,
      callerId: callerIdOf(request),
      transaction,
      steps: stepsFor(callee, timings),
      clock,
      session: () => negotiate(request.body, { address: local.address, port: local.mediaPort }),
      openAudio: (remote) => this.#audio.open(remote),
      contact: contactOn(transaction.flow),
      onChange,
      onOver: () => this.#calls.delete(dialog),
      hangUp: () => this.#transactions.request(byeOf(request, transaction.toTag), transaction.flow, ignored),
    });
    this.#calls.set(dialog, call);
    transaction.onCanceled(() => call.canceled());
    onChange(call);
    call.start();
  }

  /** Why an INVITE is no new call; null where it is. */
  #refusalOf(request: ReceivedRequest): OutgoingResponse | null {
    const required = headerOf(request, "require");
    if (required !== null) return { status: 420, headers: [["Unsupported", required]] };
    // Inside a dialog: this phone changes nothing about a call that is up.
    if (request.toTag !== null) {
      return { status: this.#calls.has(dialogName(request, request.toTag)) ? 488 : 481 };
    }
    return this.#calls.size >= MAX_CALLS ? { status: 503, headers: [["Retry-After", "5"]] } : null;
  }
}

/** Of a BYE: whatever comes of it, the call is over. */
const ignored: ClientUser = { response() {}, failed() {} };

function contactOn({ protocol, sentBy }: Flow): HeaderLine {
  return ["Contact", protocol === "tcp" ? `<sip:${sentBy};transport=tcp>` : `<sip:${sentBy}>`];
}

/** Section 12: Call-ID and both tags name a dialog. */
function dialogName(request: ReceivedRequest, ourTag: string | null): string {
  return `${request.callId} ${request.fromTag} ${ourTag ?? ""}`;
}
