/** Looks up which verification an inbound call proves. */
import { stopwatch } from "../../shared/clock.ts";
import type { Publish } from "../../shared/publish.ts";
import type { TrunkCall } from "../../telephony/calls/inbound.ts";
import type { ChannelCore } from "../../verification/channel-port.ts";
import { retryDelayMs } from "../../verification/progress-writer.ts";
import type { InboundCallEvents, InboundCallResult } from "./events.ts";

/** Calls that may be looked up at once. Further calls are rejected as well, but not looked up, which bounds the store's load. */
const maxLookups = 200;

export interface InboundCalls {
  /** Handles an inbound call that was rejected. Never throws; returns at once. */
  receive(call: TrunkCall): void;
  /** Resolves when every call so far was looked up. */
  settled(): Promise<void>;
}

export function createInboundCalls(options: {
  readonly core: ChannelCore;
  /** Ours, E.164. */
  readonly numbers: readonly string[];
  readonly publish: Publish<InboundCallEvents>;
}): InboundCalls {
  const { core, publish } = options;
  const { store, hashes, clock, logger, seen } = core;
  const ours = new Set(options.numbers);
  const lookups = new Set<Promise<void>>();

  /** Waits out a failover of Redis: the person hears the busy tone, and calls once. @throws where it is away for longer */
  async function find(trunk: string, caller: string, called: string) {
    // A clock that is set back must not have the call come later than it did.
    const passedMs = stopwatch(clock);
    for (let failures = 1; ; failures++) {
      try {
        const args = [trunk, Math.ceil(passedMs())];
        return await store.runOnCallee("call_in", "called", hashes.callee(caller), `in:${called}`, args);
      } catch (error) {
        const delayMs = retryDelayMs(failures, passedMs());
        if (delayMs === null) throw error;
        await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      }
    }
  }

  async function lookUp(trunk: string, caller: string, called: string): Promise<InboundCallResult> {
    try {
      const found = await find(trunk, caller, called);
      if (found.kind !== "seen") return "no_match";
      const { id, app, country, status } = seen(found);
      // It may have just expired, or been verified by an earlier call.
      if (!found.endedNow || status !== "verified") return "no_match";
      logger.info({ id, app, country, trunk }, "verified by an inbound call");
      return "verified";
    } catch (error) {
      logger.warn({ trunk, err: error }, "an inbound call could not be looked up");
      return "failed";
    }
  }

  /** Why a call proves nothing, for any caller; null where it may. */
  function worthless({ trusted, caller, called, doubt }: TrunkCall): InboundCallResult | null {
    if (called === null) return doubt ?? "other_number";
    if (!ours.has(called)) return "other_number";
    if (!trusted) return "untrusted";
    if (caller === null) return doubt ?? "withheld";
    return lookups.size >= maxLookups ? "shed" : null;
  }

  return {
    receive(call) {
      const { trunk, caller, called } = call;
      const why = worthless(call);
      if (why !== null || caller === null || called === null) {
        publish("inbound_call.received", { trunk, result: why ?? "withheld" });
        return;
      }
      const lookup = lookUp(trunk, caller, called).then((result) => {
        publish("inbound_call.received", { trunk, result });
        lookups.delete(lookup);
      });
      lookups.add(lookup);
    },
    async settled() {
      await Promise.all(lookups);
    },
  };
}
