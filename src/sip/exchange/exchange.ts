/**
 * One request outside of a dialog and its final response: located, sent over a flow, answered where it is challenged, and
 * sent to the next target where one does not take it (RFC 3263 section 4.3).
 */
import type { Clock } from "../../shared/clock.ts";
import type { Digest, DigestAnswers, DigestProblem } from "../auth/port.ts";
import type { Locator, NextHop } from "../location/port.ts";
import { headerOf, type SipResponseMessage } from "../message.ts";
import type { HeaderLine, OutgoingRequest, TransactionLayer } from "../transaction/port.ts";
import { type Flow, FlowError, type Target, type Transports } from "../transport/port.ts";

export interface ExchangeParts {
  readonly locator: Pick<Locator, "locate" | "failed" | "worked">;
  readonly transports: Pick<Transports, "flowTo" | "connect">;
  readonly transactions: Pick<TransactionLayer, "request">;
  readonly clock: Pick<Clock, "after">;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export interface Exchange {
  readonly hop: NextHop;
  /** Tried first where the hop still has it: the server that holds the registration. */
  readonly preferred?: Target | null;
  readonly digest?: Digest | null;
  /** How long a target may take, where that is less than Timer F. */
  readonly answerMs?: number;
  /** Called for each sending: with the next CSeq. */
  write(flow: Flow): OutgoingRequest;
}

export type ExchangeResult =
  | {
      readonly kind: "response";
      readonly response: SipResponseMessage;
      readonly flow: Flow;
      readonly target: Target;
      /** Of the last sending, without a challenge before it. */
      readonly roundTripMs: number;
      /** Why its challenge could not be answered. */
      readonly problem: DigestProblem | null;
    }
  /** No target took the request, or answered. `why` is for operators. */
  | { readonly kind: "unanswered"; readonly why: string };

/** So many are tried for one request: the others have their turn with the next one. */
const maxTargets = 4;
/** An honest server that does not know the request's nonce asks at most once for each realm. */
const maxSendings = 5;
/** RFC 3261 section 20.33; what is longer is cut. */
const maxRetryAfterSeconds = 3600;

/** Rejects for a request that cannot be written alone: a fault of ours. */
export async function exchange(parts: ExchangeParts, request: Exchange): Promise<ExchangeResult> {
  const targets = await parts.locator.locate(request.hop);
  let last: ExchangeResult = { kind: "unanswered", why: `no address for ${request.hop.host}` };
  for (const target of preferredFirst(targets, request.preferred).slice(0, maxTargets)) {
    const result = await atTarget(parts, request, target);
    if (result.kind === "response" && result.response.status !== 503) {
      parts.locator.worked(target);
      return result;
    }
    const forMs = result.kind === "response" ? retryAfterMsOf(result.response) : null;
    parts.locator.failed(target, ...(forMs === null ? [] : [forMs]));
    // A server that says it is overloaded says more than one that says nothing.
    if (last.kind === "unanswered" || result.kind === "response") last = result;
  }
  return last;
}

/** Of Retry-After (a comment or duration may follow the number); null where there is none. */
export function retryAfterMsOf(response: SipResponseMessage): number | null {
  const seconds = /^\d{1,10}/.exec(headerOf(response, "retry-after") ?? "")?.[0];
  return seconds === undefined ? null : Math.min(Number(seconds), maxRetryAfterSeconds) * 1000;
}

function preferredFirst(targets: readonly Target[], preferred: Target | null | undefined): readonly Target[] {
  const known = preferred && targets.find((target) => isSame(target, preferred));
  return known ? [known, ...targets.filter((target) => target !== known)] : targets;
}

const isSame = (a: Target, b: Target) => a.protocol === b.protocol && a.address === b.address && a.port === b.port;

async function atTarget(parts: ExchangeParts, request: Exchange, target: Target): Promise<ExchangeResult> {
  let flow: Flow;
  try {
    flow = parts.transports.flowTo(target) ?? (await parts.transports.connect(target));
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return { kind: "unanswered", why: error.message };
  }
  let answers: DigestAnswers | null = null;
  for (let sending = 1; ; sending++) {
    const written = request.write(flow);
    if (sending === 1) answers = request.digest?.ahead(written) ?? null;
    const sent = await send(parts, withHeaders(written, answers?.headers ?? []), flow, request.answerMs);
    if ("why" in sent) return { kind: "unanswered", why: sent.why };
    const { response, roundTripMs } = sent;
    const result = { kind: "response", response, flow, target, roundTripMs, problem: null } as const;
    if ((response.status !== 401 && response.status !== 407) || !request.digest) return result;
    if (sending >= maxSendings) return { ...result, problem: "wrong_credentials" };
    // The next sending has the next CSeq, which is not signed, and else the same text.
    const next: DigestAnswers | DigestProblem = request.digest.answer(response, written, answers);
    if (typeof next === "string") return { ...result, problem: next };
    answers = next;
  }
}

const withHeaders = (request: OutgoingRequest, headers: readonly HeaderLine[]): OutgoingRequest =>
  headers.length === 0 ? request : { ...request, headers: [...request.headers, ...headers] };

type Sent = { readonly response: SipResponseMessage; readonly roundTripMs: number } | { readonly why: string };

function send(
  { transactions, clock, nowMs }: ExchangeParts,
  request: OutgoingRequest,
  flow: Flow,
  answerMs: number | undefined,
): Promise<Sent> {
  return new Promise((resolve) => {
    const startMs = nowMs();
    let stopTimer: () => void = () => undefined;
    const end = (sent: Sent) => {
      stopTimer();
      resolve(sent);
    };
    if (answerMs !== undefined) {
      stopTimer = clock.after(answerMs, () => end({ why: `no response within ${answerMs / 1000} s` }));
    }
    transactions.request(request, flow, {
      response(response) {
        if (response.status >= 200) end({ response, roundTripMs: nowMs() - startMs });
      },
      failed(why, neverSent) {
        if (why === "timeout") end({ why: "no response" });
        else if (neverSent) end({ why: "the connection took nothing" });
        else end({ why: flow.closedBecause ? `the connection broke (${flow.closedBecause})` : "the connection broke" });
      },
    });
  });
}
