/** How long calls take at most: for their timers, their leases, and what clients are told. */
import { type EnginesConfig, enginesOf, sipEngine } from "../trunks/engines.ts";
import type { SlotNeeds } from "../trunks/slots-port.ts";
import type { DialerConfig } from "./config.ts";
import type { KeptCall, ProbeCall, RemainingMs } from "./ports.ts";

/** Asterisk's own end of a call comes this long after ours was due: late enough never to cut a ring short. */
const failSafeMarginMs = 5000;

/** Longest that a call takes from the moment its slot is due until it has ended, gateway alive or not, in milliseconds. */
export function longestCallMs(config: Omit<DialerConfig, "trunks">, kind?: KeptCall | ProbeCall): number {
  const { setupMs, ringMs, talkMs } = timesOf(config, kind);
  const dueMs = setupMs + ringMs + talkMs;
  const waitsMs = Object.keys(enginesOf(config)).map((engine) => endWaitMs(config, engine));
  const captureMs = config.sip_capture?.wait_ms ?? 0;
  return Math.max(failSafeSeconds(dueMs) * 1000, dueMs + Math.max(0, ...waitsMs)) + captureMs;
}

/** The same of the longest kind that the configuration has. */
export function longestOfAllMs(config: Omit<DialerConfig, "trunks">): number {
  const { voice } = config;
  const kept = voice && { ringMs: voice.ring_ms, talkMs: voice.max_call_ms, canServe: () => true };
  return Math.max(longestCallMs(config), longestCallMs(config, kept));
}

/** Longest set-up, ring and talk time of a kind of call; undefined: a missed call. */
export function timesOf({ calls }: Pick<DialerConfig, "calls">, kind: KeptCall | ProbeCall | undefined) {
  const setupMs = calls.setup_limit_ms;
  if (kind === undefined) return { setupMs, ringMs: calls.ring_ms, talkMs: 0 };
  if ("talkMs" in kind) return { setupMs, ringMs: kind.ringMs, talkMs: kind.talkMs };
  return { setupMs: Math.min(kind.setupLimitMs, setupMs), ringMs: 0, talkMs: 0 };
}

/** Normal duration of a hang-up: one request to Asterisk, its event, and some delay. */
const hangupMarginMs = 1000;

/** See `Dialer.remainingMs`. */
export function remainingMs(
  config: Pick<DialerConfig, "calls" | "sip_capture">,
  kind?: KeptCall | ProbeCall,
): RemainingMs {
  const { setupMs, ringMs, talkMs } = timesOf(config, kind);
  const answered = talkMs + hangupMarginMs + (config.sip_capture?.wait_ms ?? 0);
  const ringing = ringMs + answered;
  const calling = config.calls.max_queue_ms + setupMs + ringing;
  return { calling, ringing, ...(talkMs === 0 ? {} : { answered }) };
}

/** What the slot of a probe must be. @param longestCallMs of such a call */
export function probeNeeds({ sparePercent }: ProbeCall, longestCallMs: number): SlotNeeds {
  return { canServe: () => true, longestCallMs, sparePercent };
}

/** Asterisk's own time limit for a call of this planned duration. */
export function failSafeSeconds(dueMs: number): number {
  return Math.ceil((dueMs + failSafeMarginMs) / 1000);
}

/** The driver ends the call itself at its deadline, with the evidence that it has: it must come first. */
const endMarginMs = 1000;

/**
 * How long after our hang-up a call counts as lost. Over an Asterisk the replies to the originate and to one hang-up may each
 * take the whole deadline; over SIP it is the wait for the final response.
 */
export function endWaitMs({ asterisks, sip }: EnginesConfig, engine: string): number {
  if (engine === sipEngine && sip !== undefined) return sip.end_wait_ms + endMarginMs;
  return 2 * (asterisks[engine]?.request_timeout_ms ?? 0) + 2000;
}
