/** The numbers of the sandbox: set aside for fiction or as examples. Nothing here reaches a telephone network. */
import { behaviours } from "./carrier/behaviours.ts";
import { messageFailures } from "./providers/failures.ts";
import type { RunningStandIns } from "./stand-ins.ts";

/**
 * The caller IDs: +33 6 39 98 00 00 to 99 99, a block of 10,000 mobile numbers that France's regulator keeps free for
 * films and television (Arcep decision 2018-0881, numbers for audiovisual works).
 */
export const callerIdPrefix = "+3363998";
export const callerIdDigits = 4;

/** The way a person would write the prefix. */
export const callerIdPrefixForPeople = "+33 6 39 98";

/**
 * Callees to try. They must pass as British mobile numbers; the block that Ofcom keeps for films (07700 900xxx) does
 * not (libphonenumber knows that it is unassigned), so they come from the one that number libraries use as their example.
 */
const calleePrefix = "+447400123";

/** Set aside for films: nothing rings, and the code is always the same (docs/test-numbers.md). */
export const testNumber = { number: "+447700900900", code: "493817", until: "2099-12-31" } as const;

/** Addresses at a domain that RFC 2606 keeps for examples. */
const addresses = { name: "ana", domain: "example.com" };

/** A recipient to try. */
export interface Example {
  readonly to: string;
  /** What happens, in a few words. */
  readonly title: string;
  /** The same happens for every recipient that ends in these three digits; null: no digits decide. */
  readonly digits: string | null;
  /** The channels for which something happens; null: all that call. */
  readonly channels: readonly string[] | null;
}

/** Callees, one for each behaviour of the simulated carrier. */
export const examples: readonly Example[] = [
  { to: `${calleePrefix}456`, title: "rings", digits: null, channels: null },
  ...Object.entries(behaviours).map(([digits, { title }]) => ({
    ...{ to: `${calleePrefix}${digits}`, title, digits },
    channels: null,
  })),
  // London numbers for drama, Ofcom: 020 7946 0xxx.
  { to: "+442079460958", title: "a landline", digits: null, channels: null },
];

/** Recipients of each kind: one that gets everything, and one for each way in which a message can fail. */
export function examplesOf(standIns: Pick<RunningStandIns, "channelsThatFail" | "recipients">) {
  const failing = (to: (ending: string) => string): Example[] =>
    Object.entries(messageFailures).map(([digits, { kind, title }]) => ({
      ...{ to: to(digits), title, digits },
      channels: standIns.channelsThatFail(kind),
    }));
  const devices = standIns.recipients(null);
  const [first] = devices;
  return {
    phone: [...examples, ...failing((ending) => `${calleePrefix}${ending}`)],
    email: [
      { to: `${addresses.name}@${addresses.domain}`, title: "arrives", digits: null, channels: [] },
      ...failing((ending) => `${addresses.name}${ending}@${addresses.domain}`),
    ],
    device: [
      ...devices.map(({ standIn, to }) => ({ to, title: standIn, digits: null, channels: [] })),
      ...(first ? failing((ending) => standIns.recipients(ending)[0]?.to ?? first.to) : []),
    ],
  };
}
