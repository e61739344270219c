/** Codes of test numbers in profiles that are kept: sealed, and in no answer and no audit log. */
import type { AppProfileConfig } from "./config.ts";
import { readTestRecipient } from "./test-numbers.ts";

/** As `Sealing` of verification/sealing.ts. */
export interface CodeSealing {
  seal(id: string, value: string): string;
  /** Null: its key is not configured any more, or it is of another number. */
  open(id: string, sealed: string): string | null;
}

const mark = "sealed:";

function idOf(app: string, number: string): string {
  return `test-number ${app} ${readTestRecipient(number).to}`;
}

/** The profile as it is kept. */
export function sealTestCodes(app: string, profile: AppProfileConfig, sealing: CodeSealing | undefined) {
  if (profile.test_numbers === undefined) return profile;
  if (sealing === undefined) throw new Error("a directory without sealing keeps no test numbers");
  const sealed = profile.test_numbers.map((one) => {
    const known = one.code.startsWith(mark);
    return known ? one : { ...one, code: `${mark}${sealing.seal(idOf(app, one.number), one.code)}` };
  });
  return { ...profile, test_numbers: sealed };
}

/** A profile with the codes in the clear: a test number whose code cannot be opened is left out. */
export function openTestCodes(app: string, profile: AppProfileConfig, sealing: CodeSealing | undefined) {
  if (profile.test_numbers === undefined) return profile;
  const opened = profile.test_numbers.flatMap((one) => {
    if (!one.code.startsWith(mark)) return [one];
    const code = sealing?.open(idOf(app, one.number), one.code.slice(mark.length)) ?? null;
    return code === null ? [] : [{ ...one, code }];
  });
  return { ...profile, test_numbers: opened };
}

/** The profile for answers and the audit log. */
export function withoutTestCodes<T extends Pick<AppProfileConfig, "test_numbers"> | null>(profile: T): T {
  if (profile === null || profile.test_numbers === undefined) return profile;
  return { ...profile, test_numbers: profile.test_numbers.map(({ code: _, ...shown }) => shown) };
}
