/** What a provider's own checks find: the type of findings in src/doctor/finding.ts, which channels do not import. */
export interface ProviderFinding {
  readonly level: "ok" | "warn" | "fail";
  /** What was checked and what was found. */
  readonly what: string;
  /** How to fix it; null where there is nothing to fix. */
  readonly fix: string | null;
}
