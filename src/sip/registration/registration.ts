/** Runs the state machine of a registration over the transaction layer. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { within } from "../../shared/within.ts";
import type { Digest } from "../auth/port.ts";
import { type ExchangeParts, type ExchangeResult, exchange, retryAfterMsOf } from "../exchange/exchange.ts";
import type { SipResponseMessage } from "../message.ts";
import { readRoutes } from "../route-set.ts";
import type { HeaderLine, OutgoingRequest } from "../transaction/port.ts";
import type { Flow, Target } from "../transport/port.ts";
import {
  beginRegistration,
  isBound,
  isTransient,
  type RegistrationInput,
  type RegistrationState,
  step,
} from "./machine.ts";
import type { KnownBinding, RegisteredAccount, Registration, RegistrationStatus } from "./port.ts";
import { contactOf, grantedSecondsOf, leastSecondsOf } from "./response.ts";

/** A gateway that stops has its calls to end; the registrar forgets us in any case. */
const removalMs = 2_000;
/** An honest Service-Route has one to three. */
const maxRoutes = 8;

export interface RegistrationParts extends ExchangeParts {
  readonly account: RegisteredAccount;
  readonly digest: Digest;
  readonly clock: Pick<Clock, "after">;
  readonly random: Random;
  readonly userAgent: string;
  /** Host part of our Call-IDs. */
  readonly host: string;
  /** Values of Service-Route or Path that calls could not carry: they are left out, so that calls go on without. */
  readonly onRefusedRoutes?: (header: string, count: number) => void;
  /** The binding was made, ended or was refused. */
  readonly onChange?: (status: RegistrationStatus) => void;
}

export function createRegistration(parts: RegistrationParts): Registration {
  return new Runner(parts);
}

class Runner implements Registration {
  readonly #parts: RegistrationParts;
  readonly #callId: string;
  readonly #fromTag: string;
  #cseq = 0;
  #state: RegistrationState;
  #stopTimer: () => void = () => undefined;
  /** Where the registrar knows us. */
  #flow: Flow | null = null;
  #target: Target | null = null;
  /** The Contact that it knows, as the last 2xx said. */
  #bound: { readonly contact: string; readonly untilMs: number } | null = null;
  #removed: Promise<void> | null = null;
  #end: () => void = () => undefined;
  /** The newest REGISTER removes an old Contact. */
  #replaces = false;
  serviceRoute: readonly string[] = [];
  path: readonly string[] = [];

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    // One for all of them (section 10.2.1), so that the registrar sees their order by CSeq.
    this.#callId = `${parts.random.bytes(16).toString("hex")}@${parts.host}`;
    this.#fromTag = parts.random.bytes(8).toString("hex");
    this.#state = beginRegistration(parts.account.expiresSeconds);
  }

  start(known?: KnownBinding): void {
    this.serviceRoute = known?.serviceRoute ?? [];
    this.#feed({ kind: "start", boundForMs: known?.expiresInMs ?? null });
  }

  stop(): Promise<void> {
    if (this.#removed === null) {
      const ended = new Promise<void>((resolve) => {
        this.#end = resolve;
      });
      this.#removed = within(ended, removalMs, undefined, this.#parts.clock);
      this.#feed({ kind: "stop" });
    }
    return this.#removed;
  }

  flowClosed(flow: Flow): void {
    if (flow === this.#flow) this.#feed({ kind: "flow_lost" });
  }

  status(): RegistrationStatus {
    const { activity, boundUntilMs, failures, lastFailure } = this.#state;
    const nowMs = this.#parts.nowMs();
    const registered = isBound(this.#state, nowMs);
    return {
      registered,
      activity,
      failures,
      expiresInMs: registered && boundUntilMs !== null ? boundUntilMs - nowMs : null,
      failure: lastFailure?.why ?? null,
      failureStatus: lastFailure?.status ?? null,
    };
  }

  get registrar(): Target | null {
    return isBound(this.#state, this.#parts.nowMs()) ? this.#target : null;
  }

  #feed(input: RegistrationInput): void {
    const { clock, nowMs, random, onChange } = this.#parts;
    const before = this.#state;
    const [state, effect] = step(before, input, nowMs(), random);
    this.#state = state;
    if (effect !== null) this.#stopTimer();
    switch (effect?.kind) {
      case "register":
        void this.#register(effect.expiresSeconds);
        break;
      case "remove":
        void this.#exchange(0).then(
          () => this.#feed({ kind: "removed" }),
          () => this.#feed({ kind: "removed" }),
        );
        break;
      case "wait":
        this.#stopTimer = clock.after(effect.ms, () => this.#feed({ kind: "due" }));
        break;
      case "end":
        this.#end();
    }
    const changed = state.boundUntilMs !== before.boundUntilMs || state.lastFailure !== before.lastFailure;
    if (changed && input.kind !== "start") onChange?.(this.status());
  }

  async #register(expiresSeconds: number): Promise<void> {
    try {
      let result = await this.#exchange(expiresSeconds);
      if (this.#replaces && isRefusal(result)) {
        // Perhaps of two Contacts in one request: the old one ends by itself then.
        this.#bound = null;
        result = await this.#exchange(expiresSeconds);
      }
      this.#feed(this.#read(result, expiresSeconds));
    } catch (error) {
      // A request that could not be written, or a fault of ours: not a reason never to register again.
      this.#feed({ kind: "unanswered", why: error instanceof Error ? error.name : "unknown error" });
    }
  }

  #exchange(expiresSeconds: number): Promise<ExchangeResult> {
    const { account, digest } = this.#parts;
    return exchange(this.#parts, {
      hop: account.hop,
      preferred: this.#target,
      digest,
      write: (flow) => this.#write(flow, expiresSeconds),
    });
  }

  #write(flow: Flow, expiresSeconds: number): OutgoingRequest {
    const { account, userAgent } = this.#parts;
    const contact = contactOf(account.contactUser, flow);
    const old = this.#oldContact(contact);
    this.#replaces = old !== null;
    this.#cseq++;
    const headers: HeaderLine[] = [
      ["From", `<${account.address}>;tag=${this.#fromTag}`],
      ["To", `<${account.address}>`],
      ["Call-ID", this.#callId],
      ["CSeq", `${this.#cseq} REGISTER`],
      ["Contact", `<${contact}>;expires=${expiresSeconds}`],
      ...(old === null ? [] : [["Contact", `<${old}>;expires=0`] as const]),
      ["Expires", `${expiresSeconds}`],
      // RFC 3327 section 5.1: a registrar refuses with 420 what passed a proxy with Path, where the client does not know it.
      ["Supported", "path"],
      ["User-Agent", userAgent],
      ...(account.headers ?? []),
    ];
    return { method: "REGISTER", uri: account.registrar, headers };
  }

  /**
   * A connection of its own port has a Contact of its own. The registrar keeps that of the one before until it is removed (section
   * 10.2.2): calls would go there, and a registrar that takes one Contact of an account would refuse the new one.
   */
  #oldContact(contact: string): string | null {
    const bound = this.#bound;
    return bound === null || bound.contact === contact || this.#parts.nowMs() >= bound.untilMs ? null : bound.contact;
  }

  #read(result: ExchangeResult, askedSeconds: number): RegistrationInput {
    if (result.kind === "unanswered") return { kind: "unanswered", why: result.why };
    const { response, flow, target, problem } = result;
    const { status, phrase } = response;
    if (status >= 300) {
      const credentials = problem === null ? "" : ` (${problem.replaceAll("_", " ")})`;
      // The phrase is the far end's text, and goes to logs.
      const why = `${status} ${phrase.slice(0, 60)}${credentials}`;
      const leastSeconds = leastSecondsOf(response);
      return { kind: "refused", status, why, retryAfterMs: retryAfterMsOf(response), leastSeconds };
    }
    this.#flow = flow;
    this.#target = target;
    this.serviceRoute = this.#routesOf(response, "service-route");
    this.path = this.#routesOf(response, "path");
    const contact = contactOf(this.#parts.account.contactUser, flow);
    const grantedSeconds = grantedSecondsOf(response, contact, askedSeconds);
    this.#bound = { contact, untilMs: this.#parts.nowMs() + grantedSeconds * 1000 };
    return { kind: "accepted", grantedSeconds };
  }

  #routesOf(response: SipResponseMessage, name: string): readonly string[] {
    const { routes, refused } = readRoutes(response, name, maxRoutes);
    if (refused > 0) this.#parts.onRefusedRoutes?.(name, refused);
    return routes;
  }
}

/** Of what was asked, not of who asked. */
function isRefusal(result: ExchangeResult): boolean {
  if (result.kind === "unanswered") return false;
  const { status } = result.response;
  return status >= 300 && status !== 401 && status !== 407 && !isTransient(status);
}
