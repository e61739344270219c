/** Maps inbound calls to the configuration: the trunk, and the calling and called numbers in E.164. */

import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { InboundCall } from "../call-control/port.ts";
import type { TrunkConfig } from "../trunks/config.ts";
import { asterisksOf, endpointOf } from "../trunks/engines.ts";
import { createNumberFormats } from "../trunks/number-format.ts";
import { type Doubt, judgeCaller, numberOf } from "./caller.ts";

/** A rejected inbound call. */
export interface TrunkCall {
  readonly trunk: string;
  /** Whether this carrier's caller IDs are trusted. */
  readonly trusted: boolean;
  /** E.164; null where the call proves nothing, see `doubt`. */
  readonly caller: string | null;
  /** E.164; null where it is not a complete number. */
  readonly called: string | null;
  /**
   * Why it proves nothing, even on a trusted trunk. `forged`: an event that the dialplan did not send. `unreadable`: the
   * dialplan did not pass on the complete INVITE. `wrong_format` is of the called number where `called` is null.
   */
  readonly doubt?: Doubt | "forged" | "unreadable" | null;
}

/** Each reason is logged at most once per trunk in this time. */
const logEveryMs = 60_000;

/**
 * @returns reads a call; null for one by an endpoint that is not one of our trunks with `inbound`
 */
export function createInboundReader(
  trunks: Readonly<Record<string, TrunkConfig>>,
  log: { readonly logger: Logger; readonly clock: Clock },
): (asterisk: string, call: InboundCall) => TrunkCall | null {
  const formats = createNumberFormats(trunks);
  const object = createObjectionLog(log);
  return (asterisk, { endpoint, invite }) => {
    const [trunk, config] =
      Object.entries(trunks).find(
        ([name, config]) =>
          config.inbound !== undefined &&
          endpointOf(name, config) === endpoint &&
          asterisksOf(config).includes(asterisk),
      ) ?? [];
    if (trunk === undefined || config?.inbound === undefined) return null;
    const { trusted, ...rules } = config.inbound;
    const base = { trunk, trusted, caller: null };
    if (typeof invite === "string") {
      object(trunk, invite, unreadableReasons[invite]);
      return { ...base, called: null, doubt: invite };
    }
    const read = (number: string) => formats.get(trunk)?.fromTrunk(number) ?? null;
    const called = read(numberOf(invite.called));
    if (called === null) {
      const isNumber = numberOf(invite.called) !== "";
      if (isNumber) object(trunk, "wrong_format", "the called number is not in this trunk's number_format");
      return { ...base, called, doubt: isNumber ? "wrong_format" : null };
    }
    const judged = judgeCaller(invite, rules, read);
    if ("caller" in judged) return { ...base, called, caller: judged.caller, doubt: null };
    if (trusted) object(trunk, judged.doubt, judged.why);
    return { ...base, called, doubt: judged.doubt };
  };
}

const unreadableReasons = {
  forged: "an AMI event OneRingInbound without the dialplan's token was dropped",
  unreadable: "the dialplan did not pass on the complete INVITE: compare it with asterisk-config/inbound.conf.template",
} as const;

/** Names the reason and how often it came, never a number. Bounded: trunks and reasons are few. */
function createObjectionLog({ logger, clock }: { logger: Logger; clock: Clock }) {
  const steady = steadyClock(clock);
  const last = new Map<string, { atMs: number; since: number }>();
  return (trunk: string, result: string, why: string): void => {
    const key = `${trunk} ${why}`;
    const nowMs = steady.nowMs();
    const known = last.get(key);
    if (known !== undefined && nowMs - known.atMs < logEveryMs) {
      known.since += 1;
      return;
    }
    last.set(key, { atMs: nowMs, since: 0 });
    logger.warn({ trunk, result, why, calls: 1 + (known?.since ?? 0) }, "an inbound call proves nothing");
  };
}
