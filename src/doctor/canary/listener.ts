/** The listeners that report the caller ID of calls to the test number. */

import type { CanaryArrivals } from "../../operations/canary-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { amiOf } from "../../telephony/asterisk/access.ts";
import { AmiSession, type ManagerMessage } from "../../telephony/asterisk/ami/session.ts";
import { carriesSecret, readEventSecret } from "../../telephony/asterisk/asterisk-manager/event-secret.ts";
import { readEvent } from "../../telephony/asterisk/asterisk-manager/events.ts";
import type { AsteriskConfig } from "../../telephony/asterisk/config.ts";
import { numberOf, shownCaller } from "../../telephony/calls/caller.ts";
import { endsAlike } from "./same-number.ts";

export interface CanaryListener {
  /** Listens from now on; earlier calls are ignored. @throws {Error} saying why it cannot listen */
  open(): Promise<void>;
  /** Sets the one receiver of callers at the test number; untrusted text, '' where withheld. */
  onCaller(receiver: (caller: string) => void): void;
  close(): Promise<void>;
}

const pollMs = 100;
const requestTimeoutMs = 3000;
const longestAnswer = 200_000;

interface PhoneCall {
  readonly id: string;
  readonly to: string;
  readonly callerId: string;
}

/**
 * The phone of a sandbox, by its `GET /sandbox/calls`.
 * @param number the test number, E.164
 */
export function createSandboxListener(url: string, number: string): CanaryListener {
  /** Ids of calls that were seen; the phone's log, and so this, is short. */
  let seen = new Set<string>();
  return createPollingListener({
    async begin() {
      seen = new Set((await readCalls(url)).map(({ id }) => id));
    },
    async look() {
      const calls = await readCalls(url);
      const fresh = [...calls].reverse().filter((call) => !seen.has(call.id) && endsAlike(call.to, number));
      seen = new Set(calls.map(({ id }) => id));
      return fresh.map(({ callerId }) => callerId);
    },
  });
}

/** Calls that come in to a running gateway over its own SIP, whose ports are not free for us. */
export function createGatewayListener(arrivals: Pick<CanaryArrivals, "take">): CanaryListener {
  return createPollingListener({
    async begin() {
      await arrivals.take();
    },
    look: () => arrivals.take(),
  });
}

function createPollingListener(source: {
  /** Forgets earlier calls. @throws {Error} saying why there is nothing to listen to */
  begin(): Promise<void>;
  /** Callers since the last time, the oldest first. */
  look(): Promise<readonly string[]>;
}): CanaryListener {
  let receive: (caller: string) => void = () => undefined;
  let stopTimer: (() => void) | null = null;
  let closed = false;

  async function poll(): Promise<void> {
    try {
      for (const caller of await source.look()) receive(caller);
    } catch {
      // The next poll may succeed; else the call counts as not arrived.
    }
    if (!closed) stopTimer = systemClock.after(pollMs, () => void poll());
  }

  return {
    async open() {
      await source.begin();
      await poll();
    },
    onCaller(receiver) {
      receive = receiver;
    },
    async close() {
      closed = true;
      stopTimer?.();
    },
  };
}

async function readCalls(url: string): Promise<readonly PhoneCall[]> {
  const response = await fetch(new URL("/sandbox/calls", url), { signal: AbortSignal.timeout(requestTimeoutMs) });
  const text = await response.text();
  if (!response.ok || text.length > longestAnswer) throw new Error(`no sandbox answers there (${response.status})`);
  const calls: unknown = JSON.parse(text);
  if (!Array.isArray(calls)) throw new Error("no sandbox answers there");
  return calls.flatMap((call: { id?: unknown; to?: unknown; caller_id?: unknown } | null) =>
    typeof call?.id === "string" && typeof call.to === "string" && typeof call.caller_id === "string"
      ? [{ id: call.id, to: call.to, callerId: call.caller_id }]
      : [],
  );
}

/**
 * Inbound calls on one of our trunks. Read from AMI events with every driver: each AMI session gets them, so none are
 * taken from the gateways.
 * @param options.asterisks those that have the trunk, by name
 */
export function createInboundListener(options: {
  /** The trunk's PJSIP endpoint. */
  readonly endpoint: string;
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
  readonly number: string;
}): CanaryListener {
  const { endpoint, asterisks, number } = options;
  const sessions: AmiSession[] = [];
  let receive: (caller: string) => void = () => undefined;
  const secrets = new Set<string>();
  const onEvent = (event: ManagerMessage) => {
    const meaning = readEvent(event);
    if (meaning?.type !== "inbound" || meaning.endpoint !== endpoint || typeof meaning.invite === "string") return;
    if (![...secrets].some((secret) => carriesSecret(meaning.token, secret))) return;
    if (endsAlike(numberOf(meaning.invite.called), number)) receive(shownCaller(meaning.invite));
  };
  return {
    async open() {
      for (const asterisk of Object.values(asterisks)) {
        const { ami } = amiOf(asterisk);
        const deadlineMs = asterisk.request_timeout_ms;
        const onClose = () => undefined;
        const session = await AmiSession.open({
          ...{ ami, deadlineMs, clock: systemClock, eventMask: "user", onEvent, onClose },
        });
        sessions.push(session);
        const secret = await readEventSecret(session);
        if (secret === null) throw new Error("the dialplan sends no OneRingInbound with a token, see docs/trunks.md");
        secrets.add(secret);
      }
    },
    onCaller(receiver) {
      receive = receiver;
    },
    async close() {
      for (const session of sessions) session.close();
    },
  };
}
