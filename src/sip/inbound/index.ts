/**
 * What we do with requests outside of our dialogs. Configured trunks alone are answered. A call is refused before any
 * answer, with one final response, and then reported; who called is judged elsewhere.
 */
import type { Logger } from "pino";
import { readVia, splitValues, tagOf } from "../header.ts";
import { headerOf, type SipRequestMessage } from "../message.ts";
import { shortKey } from "../short-key.ts";
import type { OutgoingResponse, ServerTransaction } from "../transaction/port.ts";
import type { Flow, TransportProtocol } from "../transport/port.ts";
import { answerTo, type RefusalStatus, refusal } from "./answers.ts";
import { createRecentInvites, createSourceLimits } from "./limits.ts";
import { createSourceTrunks, type SourceTrunk, trunkOf } from "./trunks.ts";

/** What became of requests outside of our dialogs. */
export interface InboundCounts {
  /** Calls that were refused and reported. */
  reported: number;
  /** OPTIONS of trunks. */
  qualified: number;
  /** Requests of trunks that got another response. */
  rejected: number;
  /** Calls at the address of several trunks that name none of them: refused, not reported. */
  ambiguous: number;
  /** Requests of others than our trunks: not answered. */
  strangers: number;
  /** Requests above a source's limit. */
  limited: number;
}

export interface InboundParts {
  readonly trunks: readonly SourceTrunk[];
  readonly status: RefusalStatus;
  /** Of each source address: new requests. Of all addresses of a trunk together twice as many. */
  readonly perSecond: number;
  /** A refused call. Throwing disturbs nothing. */
  readonly report: (trunk: string, invite: SipRequestMessage, atMs: number) => void;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly logger: Logger;
}

export interface Inbound {
  /** For the transport: whether datagrams and connections from this address are taken. */
  admits(address: string, protocol: TransportProtocol): boolean;
  /** For the transaction layer: whether a request of this flow is answered. Counts it where not. */
  answers(flow: Flow): boolean;
  /** Whose transactions and connections are counted together. */
  farEndAt(address: string): string;
  /** A request outside of our dialogs. `atMs` as the transaction layer has it. Never throws. */
  receive(transaction: ServerTransaction, atMs: number): void;
  readonly counts: Readonly<InboundCounts>;
}

/** A carrier's addresses that send as much as one may at the same time; over UDP anyone can write each of a large block. */
const addressesAtOnce = 2;
/** Each kind of trouble is logged at most once in this time. */
const logEveryMs = 60_000;
const stranger = "requests of addresses that are no trunk's are not answered";
const tooMany = "requests above sip.requests_per_source_per_second (a trunk: twice that) are refused or dropped";
/** The bucket has filled up by then. */
const overload: OutgoingResponse = { status: 503, headers: [["Retry-After", "1"]] };

export function createInbound(parts: InboundParts): Inbound {
  const { status, nowMs, logger } = parts;
  const sources = createSourceTrunks(parts.trunks, nowMs);
  const limit = createSourceLimits(parts.perSecond, nowMs);
  const trunkLimit = createSourceLimits(parts.perSecond * addressesAtOnce, nowMs);
  const recent = createRecentInvites(nowMs);
  const refuse = refusal(status);
  const counts: InboundCounts = { reported: 0, qualified: 0, rejected: 0, ambiguous: 0, strangers: 0, limited: 0 };
  const loggedAtMs = new Map<string, number>();

  /** Names the reason, the count and our own trunk, never what the far end wrote. */
  function warn(kind: "strangers" | "limited" | "ambiguous", message: string, trunk?: string): void {
    counts[kind] += 1;
    const last = loggedAtMs.get(kind);
    if (last !== undefined && nowMs() - last < logEveryMs) return;
    loggedAtMs.set(kind, nowMs());
    logger.warn({ [kind]: counts[kind], trunk }, message);
  }

  function report(request: SipRequestMessage, from: readonly SourceTrunk[], atMs: number): void {
    const trunk = trunkOf(request, from);
    if (trunk === null) {
      warn("ambiguous", "an inbound call names none of the trunks at its address (sip.domains): refused, not reported");
      return;
    }
    counts.reported += 1;
    try {
      parts.report(trunk.name, request, atMs);
    } catch (error) {
      logger.error({ err: error }, "inbound-call listener threw");
    }
  }

  const isFlood = (flow: Flow) =>
    limit.flooded(flow.remote.address) || trunkLimit.flooded(sources.nameOf(flow.remote.address));

  function receive(transaction: ServerTransaction, atMs: number): void {
    const { request, flow } = transaction;
    if (request.method === "ACK" || request.method === "CANCEL") return;
    const from = sources.at(flow);
    if (from.length === 0) {
      warn("strangers", stranger);
      transaction.ignore();
      return;
    }
    if (!limit.take(flow.remote.address) || !trunkLimit.take(sources.nameOf(flow.remote.address))) {
      warn("limited", tooMany, sources.nameOf(flow.remote.address));
      if (isFlood(flow)) transaction.ignore();
      else transaction.respond(overload);
      return;
    }
    const inDialog = tagOf(headerOf(request, "to") ?? "") !== null;
    const seen = request.method !== "INVITE" || inDialog ? "first" : recent.seen(callKey(request), topBranch(request));
    const answer = answerTo(request, { sentBy: flow.sentBy, inDialog, merged: seen === "merged" });
    if (answer === null) {
      if (seen === "first" && flow.reliable) {
        if (transaction.respond(refuse)) report(request, from, atMs);
        return;
      }
      // Over UDP anyone can write a carrier's address: its ACK shows that it got the refusal, and so that it called.
      if (seen === "first") transaction.onAcknowledged(() => report(transaction.request, from, atMs));
      transaction.respond(refuse);
    } else if (transaction.respond(answer)) counts[answer.status === 200 ? "qualified" : "rejected"] += 1;
  }

  return {
    admits: sources.knows,
    answers(flow) {
      if (sources.at(flow).length === 0) {
        warn("strangers", stranger);
        return false;
      }
      // Before a transaction is made, which keeps the request for 32 s: over UDP anyone can write a carrier's address.
      if (!isFlood(flow)) return true;
      warn("limited", tooMany, sources.nameOf(flow.remote.address));
      return false;
    },
    farEndAt: sources.nameOf,
    receive,
    counts,
  };
}

/** What section 8.2.2.2 compares. */
function callKey(request: SipRequestMessage): string {
  const tag = tagOf(headerOf(request, "from") ?? "") ?? "";
  return shortKey(`${headerOf(request, "call-id")} ${tag} ${Number.parseInt(headerOf(request, "cseq") ?? "", 10)}`);
}

function topBranch(request: SipRequestMessage): string {
  const [top = ""] = splitValues(headerOf(request, "via") ?? "");
  return shortKey(readVia(top)?.branch ?? "");
}
