/** What the doctor says of one thing. */
export interface Finding {
  readonly level: "ok" | "warn" | "fail";
  /** What was looked at and what was seen. */
  readonly what: string;
  /** What to do about it; null where nothing is to be done. */
  readonly mend: string | null;
}

export const ok = (what: string): Finding => ({ level: "ok", what, mend: null });
export const warn = (what: string, mend: string): Finding => ({ level: "warn", what, mend });
export const fail = (what: string, mend: string): Finding => ({ level: "fail", what, mend });
/** Nothing is wrong as far as it can be seen from here; says how to see the rest. */
export const hint = (what: string, mend: string): Finding => ({ level: "ok", what, mend });

/** A finding as lines of text: the mark, what was seen and, indented, what to do. */
export function describe(finding: Finding): string {
  const mark = { ok: "  ok  ", warn: " warn ", fail: " FAIL " }[finding.level];
  return finding.mend === null ? `${mark} ${finding.what}\n` : `${mark} ${finding.what}\n       → ${finding.mend}\n`;
}
