/** Reads the recipients of requests: canonical, and how stores know them. */
import type { AppRef } from "../apps/principal.ts";
import type { AppProfile } from "../apps/profile.ts";
import type { Lookup } from "../numbers/lookup/ports.ts";
import type { Networks } from "../numbers/networks/ports.ts";
import type { Numbers } from "../numbers/ports.ts";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { ChannelSet } from "./channel-set.ts";
import type { CalleeRef, Hashes } from "./hashes.ts";
import type { StartRequest } from "./types.ts";
import type { ReadRecipient, RecipientRef } from "./workflow.ts";

export interface Recipients {
  /** For the steps of one request. */
  reader(app: AppRef, country: string | undefined): ReadRecipient;
  /**
   * Lets live sources say the number's network before the channels and routes of a start are chosen, for as long as
   * networks.wait_ms says; without such sources at once. Never throws: what is no number is refused where it is read.
   */
  lookAhead(app: AppRef, request: Pick<StartRequest, "to" | "country">): Promise<void>;
  /** One without a channel: an address where it looks like one, else a number. @throws {Refusal} */
  read(app: AppRef, to: string, country: string | undefined): Pick<RecipientRef, "to" | "callee">;
  /**
   * Whom it names, whether or not it may be contacted.
   * @throws {Refusal} where it is neither a number, nor an address, nor a registration
   */
  identify(to: string, country: string | null): { readonly to: string; readonly callee: CalleeRef };
}

export function createRecipients(options: {
  readonly numbers: Numbers;
  /** What may have been meant by a number that is refused; without it refusals have no suggestions. */
  readonly suggest?: Lookup["suggest"] | undefined;
  readonly networks: Pick<Networks, "find" | "startWaitMs">;
  readonly channels: ChannelSet;
  readonly hashes: Pick<Hashes, "callee">;
  readonly profileOf: (app: string) => AppProfile;
  readonly clock: Clock;
}): Recipients {
  const { numbers, networks, suggest, channels, hashes, profileOf, clock } = options;

  /** @throws {Refusal} where the number may not be contacted */
  function examine(app: AppRef, to: string, country: string | undefined) {
    const { allowedCountries } = app;
    const bounds = { ...profileOf(app.name), allowedCountries };
    const facts = numbers.examine(to, country ?? null, bounds);
    if (facts.refusal) {
      const suggestions = suggest?.({ input: to, country: country ?? null, bounds, languages: [] }, facts) ?? [];
      throw new Refusal(facts.refusal.code, facts.refusal.detail, null, suggestions.length > 0 ? { suggestions } : {});
    }
    if (!facts.callable || facts.e164 === null || facts.country === null) {
      throw new Refusal("number_not_callable", "This number cannot be called.");
    }
    return { to: facts.e164, country: facts.country, callee: hashes.callee(facts.e164) };
  }

  /** No rule about numbers applies to it: nobody is contacted. */
  function testNumber(app: AppRef, text: string, country: string | undefined): RecipientRef | null {
    const found = profileOf(app.name).testNumbers.find(text, country ?? null, clock.nowMs());
    return found && { to: found.to, country: found.country, callee: hashes.callee(found.to) };
  }

  function reader(app: AppRef, country: string | undefined): ReadRecipient {
    const read = new Map<string, RecipientRef>();
    return (channel, text) => {
      const test = testNumber(app, text, country);
      if (test !== null) return test;
      if (channel.readRecipient === undefined) {
        const known = read.get(text) ?? examine(app, text, country);
        read.set(text, known);
        return known;
      }
      const own = channel.readRecipient(text);
      if ("problem" in own) throw new Refusal("invalid_request", `\`to\`: ${own.problem}`);
      return { to: own.to, country: null, callee: hashes.callee(own.to) };
    };
  }

  return {
    reader,

    async lookAhead(app, { to, country }) {
      const { startWaitMs } = networks;
      // A lookup costs money: none of a number that is not real, or may not be contacted.
      if (startWaitMs === null || testNumber(app, to, country) !== null) return;
      const { allowedCountries } = app;
      const { e164, refusal } = numbers.examine(to, country ?? null, { ...profileOf(app.name), allowedCountries });
      if (e164 !== null && refusal === null) await networks.find(e164, startWaitMs);
    },

    read(app, to, country) {
      const test = testNumber(app, to, country);
      if (test !== null) return test;
      const [first = channels.wanted(null), ...others] = channels.usable;
      const readers = [first, ...others].filter(({ readRecipient }) => readRecipient !== undefined);
      for (const channel of /^\s*[+(\d\p{Nd}]/u.test(to) ? [] : readers) {
        if (!("problem" in (channel.readRecipient?.(to) ?? { problem: "" }))) return reader(app, country)(channel, to);
      }
      return examine(app, to, country);
    },

    identify(to, country) {
      const facts = numbers.examine(to, country, null);
      if (facts.e164 !== null) return { to: facts.e164, callee: hashes.callee(facts.e164) };
      for (const { readRecipient } of channels.all) {
        const read = readRecipient?.(to) ?? { problem: "" };
        if (!("problem" in read)) return { to: read.to, callee: hashes.callee(read.to) };
      }
      throw new Refusal("number_invalid", "This is no phone number, e-mail address or push registration.");
    },
  };
}
