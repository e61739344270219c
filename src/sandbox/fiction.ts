/** The numbers of the sandbox: set aside for fiction or as examples. Nothing here reaches a telephone network. */
import { behaviours } from "./carrier/behaviours.ts";

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

export interface Example {
  readonly to: string;
  /** What happens, in a few words. */
  readonly title: string;
  /** Whether the carrier does this for every number that ends in these last three digits. */
  readonly digits: string | null;
}

/** One number for each behaviour of the simulated carrier. */
export const examples: readonly Example[] = [
  { to: `${calleePrefix}456`, title: "rings", digits: null },
  ...Object.entries(behaviours).map(([digits, { title }]) => ({ to: `${calleePrefix}${digits}`, title, digits })),
  // London numbers for drama, Ofcom: 020 7946 0xxx.
  { to: "+442079460958", title: "a landline", digits: null },
];
