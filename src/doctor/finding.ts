/** The result of one check. */
export interface Finding {
  readonly level: "ok" | "hint" | "warn" | "fail";
  /** What was checked and what was found. */
  readonly what: string;
  /** How to fix it; null where there is nothing to fix. */
  readonly fix: string | null;
}

export const ok = (what: string): Finding => ({ level: "ok", what, fix: null });
export const warn = (what: string, fix: string): Finding => ({ level: "warn", what, fix });
export const fail = (what: string, fix: string): Finding => ({ level: "fail", what, fix });
/** Nothing is wrong as far as can be seen from here; `fix` says how to make sure, or what is better. */
export const hint = (what: string, fix: string): Finding => ({ level: "hint", what, fix });

/** A finding as lines of text: its level, what was found and, indented, how to fix it. */
export function describe(finding: Finding): string {
  const mark = { ok: "  ok  ", hint: " hint ", warn: " warn ", fail: " FAIL " }[finding.level];
  return finding.fix === null ? `${mark} ${finding.what}\n` : `${mark} ${finding.what}\n       → ${finding.fix}\n`;
}

/** The last line: whether the gateway can work, and how much there is to fix. */
export function conclusion(findings: readonly Finding[]): string {
  const count = (wanted: Finding["level"]) => findings.filter(({ level }) => level === wanted).length;
  const inWords = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed > 0) return `${inWords(failed, "problem")} found.`;
  return warned > 0 ? `Ready, with ${inWords(warned, "warning")} above.` : "Ready.";
}
