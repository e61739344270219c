/** The simulated phones' call log, and what a person does with a call: answer, decline, press keys, hang up. */
import type { CallAudio } from "./carrier/audio.ts";
import type { Call, CallState } from "./carrier/call.ts";

/** A call as a phone shows it; the shape of `GET /sandbox/calls`. */
export interface PhoneCall {
  readonly id: string;
  /** The called number, as it came over the wire. */
  readonly to: string;
  /** What the phone shows as the caller: from P-Asserted-Identity, else From. */
  readonly caller_id: string;
  readonly state: CallState;
  /** When the INVITE came; RFC 3339. */
  readonly at: string;
  /** When it was over; null until then. An answered call is up in between. */
  readonly ended_at: string | null;
}

/** The result of an action: `unknown` where the log has no such call. */
export type PhoneAnswer = "done" | "unknown" | "not_ringing" | "not_up" | "keys_refused";

/** Calls that the log keeps; the oldest is dropped. */
const MAX_LOG = 100;

export class Phone {
  /** Oldest first. */
  readonly #calls = new Map<string, Call>();
  readonly #listeners = new Set<(call: PhoneCall) => void>();

  /** A call began or changed its state. */
  update(call: Call): void {
    if (call.state === "dialing") this.#add(call);
    // Dropped from the log: no longer reported.
    if (!this.#calls.has(call.id)) return;
    for (const listener of this.#listeners) listener(shown(call));
  }

  /** Newest first. */
  calls(): PhoneCall[] {
    return [...this.#calls.values()].reverse().map(shown);
  }

  /** Null where the log has no such call. */
  find(id: string): PhoneCall | null {
    const call = this.#calls.get(id);
    return call ? shown(call) : null;
  }

  answer(id: string): PhoneAnswer {
    return this.#act(id, (call) => (call.answer() ? "done" : "not_ringing"));
  }

  decline(id: string): PhoneAnswer {
    return this.#act(id, (call) => (call.decline() ? "done" : "not_ringing"));
  }

  /** Ends a call that was answered. */
  hangUp(id: string): PhoneAnswer {
    return this.#act(id, (call) => (call.hangUp() ? "done" : "not_up"));
  }

  /** Presses keys in a call that was answered. `keys_refused`: the caller takes none, or too many wait. */
  press(id: string, digits: string): PhoneAnswer {
    return this.#act(id, (call) => {
      if (call.state !== "answered" || call.endedAtMs !== null) return "not_up";
      return call.audio?.press(digits) ? "done" : "keys_refused";
    });
  }

  /** What the phone hears, or heard, in this call; null where the log has no such call or it had no audio. */
  audio(id: string): CallAudio | null {
    return this.#calls.get(id)?.audio ?? null;
  }

  /** Calls back whenever a call begins or changes. @returns unsubscribes */
  subscribe(listener: (call: PhoneCall) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(call: Call): void {
    this.#calls.set(call.id, call);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > MAX_LOG && oldest) this.#calls.delete(oldest);
  }

  #act(id: string, act: (call: Call) => PhoneAnswer): PhoneAnswer {
    const call = this.#calls.get(id);
    return call ? act(call) : "unknown";
  }
}

function shown(call: Call): PhoneCall {
  return {
    id: call.id,
    to: call.callee,
    caller_id: call.callerId,
    state: call.state,
    at: new Date(call.atMs).toISOString(),
    ended_at: call.endedAtMs === null ? null : new Date(call.endedAtMs).toISOString(),
  };
}
