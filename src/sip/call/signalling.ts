/** What one call sends: its INVITEs to one target after the other, CANCEL, PRACK, and ACK and BYE of each 2xx. */
import type { Digest, DigestAnswers, SignedRequest } from "../auth/port.ts";
import type { SipResponseMessage } from "../message.ts";
import type { ClientUser, HeaderLine, InviteClientTransaction, SentInvite } from "../transaction/port.ts";
import type { Flow, Target } from "../transport/port.ts";
import type { CallInput } from "./call-state.ts";
import type { CallerParts } from "./caller-parts.ts";
import { ackOf, type Dialog, dialogOf, prackHeaderOf } from "./dialog.ts";
import { DialogRequest, type DialogRequestParts } from "./dialog-request.ts";
import { farEndTag } from "./far-end-tag.ts";
import { cancelLostInvite } from "./lost-invite.ts";
import { type InviteParts, inviteOf } from "./requests.ts";

/** Receives what happens to the call, with the response and flow that it is about. */
export type Feed = (input: CallInput, response?: SipResponseMessage, flow?: Flow) => void;

export interface SignallingUser {
  feed: Feed;
  /** To the open INVITE. */
  response(response: SipResponseMessage, flow: Flow, atMs: number): void;
  inviteOpen(sent: SentInvite, target: Target): void;
}

export class Signalling {
  readonly #parts: CallerParts;
  readonly #invite: InviteParts;
  readonly #user: SignallingUser;
  readonly #digest: Digest | null;
  #targets: readonly Target[] = [];
  #nextTarget = 0;
  #target: Target | null = null;
  #flow: Flow | null = null;
  #transaction: InviteClientTransaction | null = null;
  /** Of the newest INVITE, and of the newest request. */
  #inviteCSeq = 1;
  #lastCSeq = 1;
  /** When the newest INVITE was. */
  #sentAtMs = 0;
  /** What the newest INVITE carried, or the next one will carry. */
  #answers: DigestAnswers | null = null;
  #isFresh = false;
  /** Of the newest INVITE, where a challenge may have to be answered for it. */
  #body = "";
  /** Of the open INVITE. */
  #current: InviteUser | null = null;

  constructor(parts: CallerParts, invite: InviteParts, user: SignallingUser) {
    const { credentials } = invite.call;
    this.#parts = parts;
    this.#invite = invite;
    this.#user = user;
    this.#digest = credentials === undefined ? null : parts.digests(credentials);
  }

  locate(): void {
    const { locator } = this.#parts;
    const { hop } = this.#invite.call;
    const known = locator.known(hop);
    if (known !== null) this.#located(known);
    else {
      locator.locate(hop).then(
        (targets) => this.#located(targets),
        () => this.#located([]),
      );
    }
  }

  #located(targets: readonly Target[]): void {
    this.#targets = targets;
    this.#user.feed({ type: "located", targets: targets.length });
  }

  /** @param retryAfterSeconds of its 503 */
  targetFailed(retryAfterSeconds?: number): void {
    const forMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
    if (this.#target !== null) this.#parts.locator.failed(this.#target, forMs);
  }

  targetWorked(): void {
    if (this.#target !== null) this.#parts.locator.worked(this.#target);
  }

  nextTarget(): void {
    this.#target = this.#targets[this.#nextTarget++] ?? null;
    this.#flow = null;
    this.open();
  }

  /** Feeds `flow` or `no_flow` for the current target: at once where a flow is open. */
  open(): void {
    const { transports } = this.#parts;
    const target = this.#target;
    if (target === null) {
      this.#user.feed({ type: "no_flow" });
      return;
    }
    const flow = this.#flow?.open === true ? this.#flow : transports.flowTo(target);
    if (flow !== null) this.#opened(flow);
    else {
      transports.connect(target).then(
        (connected) => this.#opened(connected),
        () => this.#user.feed({ type: "no_flow" }),
      );
    }
  }

  #opened(flow: Flow): void {
    this.#flow = flow;
    this.#user.feed({ type: "flow" });
  }

  /** @returns what became of it */
  sendInvite(): CallInput {
    const target = this.#target;
    const flow = this.#flow;
    if (target === null || flow === null) return notTaken;
    const request = inviteOf(this.#invite, this.#inviteCSeq, flow);
    if (this.#digest !== null) this.#body = request.body;
    const answers = this.#answersOf(request);
    const headers = answers === null ? request.headers : [...request.headers, ...answers.headers];
    const user = new InviteUser(this, this.#user, flow);
    let transaction: InviteClientTransaction;
    try {
      transaction = this.#parts.transactions.invite({ ...request, headers }, flow, user);
    } catch (error) {
      this.#parts.onError(error);
      return notTaken;
    }
    if (transaction.ended) {
      if (!flow.open || flow.protocol !== "udp") return notTaken;
      // RFC 3261 section 18.1.1: what is too large for a datagram goes over TCP.
      this.#target = { ...target, protocol: "tcp" };
      this.#flow = null;
      return { type: "too_large" };
    }
    this.#transaction = transaction;
    this.#current = user;
    this.#user.inviteOpen(transaction.sent, target);
    this.#sentAtMs = this.#parts.monotonicMs();
    return { type: "sent", cseq: this.#inviteCSeq, atMs: this.#sentAtMs };
  }

  isCurrent(user: InviteUser): boolean {
    return this.#current === user;
  }

  #answersOf({ method, uri, body }: SignedRequest): DigestAnswers | null {
    if (this.#digest === null) return null;
    const request = { method, uri, body: body ?? "" };
    if (this.#answers === null) this.#answers = this.#digest.ahead(request);
    else if (!this.#isFresh) this.#answers = this.#digest.next(request, this.#answers);
    this.#isFresh = false;
    return this.#answers;
  }

  /** Makes the credentials of the next INVITE. @returns false where the challenge cannot be answered */
  answerChallenge(response: SipResponseMessage): boolean {
    if (this.#digest === null) return false;
    const request = { method: "INVITE", uri: this.#invite.call.uri, body: this.#body };
    const answers = this.#digest.answer(response, request, this.#answers);
    if (typeof answers === "string") return false;
    this.#answers = answers;
    this.#isFresh = true;
    this.#inviteCSeq = this.#nextCSeq();
    return true;
  }

  cancel(): void {
    this.#transaction?.cancel(undefined, this.#cancelUser());
  }

  /** The flow of the INVITE broke. */
  cancelElsewhere(): void {
    const sent = this.#transaction?.sent;
    const target = this.#target;
    if (sent === undefined || target === null) return;
    const onAnswer = (response: SipResponseMessage, flow: Flow) => feedAnswer(this.#user, response, flow);
    void cancelLostInvite(this.#parts, { sent, target, onAnswer });
  }

  /** The call ends, and its INVITE has no final response. @param canceledAtMs when CANCEL was sent; null: it was not */
  async giveUp(canceledAtMs: number | null): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === null) return;
    transaction.giveUpRepeating();
    const isWaiting = !transaction.ended;
    const wasDead = await transaction.flow.closeIfSilentSince?.(canceledAtMs ?? this.#sentAtMs);
    // One that still waits for a response learns that its flow is lost.
    if (wasDead === true && !isWaiting) this.cancelElsewhere();
  }

  #cancelUser(): ClientUser {
    return {
      response: ({ status }, atMs) => {
        if (status >= 200 && status <= 299) this.#user.feed({ type: "cancel_accepted", atMs });
      },
      failed: () => undefined,
    };
  }

  /** Acknowledges a reliable provisional response. */
  prack(response: SipResponseMessage, rseq: number): void {
    const dialog = this.#dialogOf(response);
    if (dialog === null || this.#flow === null) return;
    this.#dialogRequest(dialog, "PRACK", [prackHeaderOf(dialog, rseq)], () => undefined)?.send(this.#flow);
  }

  /** @param flow the one that the 2xx came over */
  acknowledge(response: SipResponseMessage, flow: Flow): void {
    const dialog = this.#dialogOf(response);
    if (dialog !== null) this.#parts.transactions.acknowledge(ackOf(dialog, this.#answers?.headers), flow);
  }

  bye(response: SipResponseMessage, flow: Flow): void {
    const onEnd = () => this.#user.feed({ type: "bye_ended" });
    const dialog = this.#dialogOf(response);
    const request = dialog === null ? null : this.#dialogRequest(dialog, "BYE", [], onEnd);
    if (request === null) onEnd();
    else request.send(flow);
  }

  #dialogOf(response: SipResponseMessage): Dialog | null {
    const { call, from, callId } = this.#invite;
    const dialog = dialogOf(response, { uri: call.uri, from, to: call.to, callId });
    if (dialog !== null && dialog.refused > 0) this.#parts.onRefusedRoutes?.(dialog.refused);
    return dialog;
  }

  #dialogRequest(dialog: Dialog, method: "BYE" | "PRACK", headers: readonly HeaderLine[], onEnd: () => void) {
    const { transactions, transports, isSameFarEnd } = this.#parts;
    const target = this.#target;
    if (target === null) return null;
    const parts: DialogRequestParts = {
      transactions,
      transports,
      digest: this.#digest,
      accepted: this.#answers,
      target,
      clock: this.#parts.clock,
      nextCSeq: () => this.#nextCSeq(),
      ...(isSameFarEnd === undefined ? {} : { isSameFarEnd }),
    };
    return new DialogRequest(parts, dialog, method, headers, onEnd);
  }

  #nextCSeq(): number {
    this.#lastCSeq += 1;
    return this.#lastCSeq;
  }
}

const notTaken: CallInput = { type: "failed", why: "transport", neverSent: true };

/** Of one INVITE. A 2xx that comes after the end, or to an INVITE that is not the newest, is one more that must not stay up. */
class InviteUser implements ClientUser {
  readonly #signalling: Signalling;
  readonly #user: SignallingUser;
  readonly #flow: Flow;

  constructor(signalling: Signalling, user: SignallingUser, flow: Flow) {
    this.#signalling = signalling;
    this.#user = user;
    this.#flow = flow;
  }

  response(response: SipResponseMessage, atMs: number): void {
    if (this.#signalling.isCurrent(this)) this.#user.response(response, this.#flow, atMs);
    else this.repeatedAnswer(response);
  }

  failed(why: "timeout" | "transport", neverSent: boolean): void {
    if (this.#signalling.isCurrent(this)) this.#user.feed({ type: "failed", why, neverSent });
  }

  repeatedAnswer(response: SipResponseMessage): void {
    feedAnswer(this.#user, response, this.#flow);
  }
}

function feedAnswer(user: SignallingUser, response: SipResponseMessage, flow: Flow): void {
  if (response.status < 200 || response.status > 299) return;
  const toTag = farEndTag(response, "to") ?? "";
  user.feed({ type: "another_answer", toTag }, response, flow);
}
