/** Refuses a start whose human check did not pass. */
import type { Logger } from "pino";
import { Refusal } from "../shared/refusal.ts";
import type { HumanCheckAbout, HumanChecks, HumanVerdict } from "./port.ts";

const retryMs = 5000;

/**
 * @param name of the check that the app requires
 * @param answer as the page sent it; undefined: it sent none
 * @throws {Refusal} `human_check_failed`, `human_check_unavailable`
 */
export async function requireHuman(
  checks: HumanChecks,
  name: string,
  answer: string | undefined,
  about: HumanCheckAbout,
  to: {
    readonly app: string;
    readonly logger: Pick<Logger, "info" | "warn">;
    readonly count: (check: string, result: HumanVerdict["kind"]) => void;
  },
): Promise<void> {
  const { app, logger, count } = to;
  const check = checks.find(name);
  if (check === null) {
    count(name, "unavailable");
    logger.warn({ app, check: name }, "the app requires a human check that is not configured (human_checks)");
    throw notConfigured(name);
  }
  if (answer === undefined) {
    count(name, "failed");
    throw new Refusal(
      "human_check_failed",
      "`human_check` is missing: this app requires a check with each start token.",
    );
  }
  const verdict = await check.verify(answer, about);
  count(name, verdict.kind);
  if (verdict.kind === "passed") return;
  const line = { app, check: name, why: verdict.why };
  if (verdict.kind === "failed") {
    logger.info(line, "human check failed");
    throw new Refusal("human_check_failed", `The human check did not pass (${verdict.why}); make a new answer.`);
  }
  logger.warn({ ...line, open: check.failOpen }, "human check gave no verdict");
  if (check.failOpen) return;
  throw new Refusal("human_check_unavailable", "The human check gave no verdict; try again.", retryMs);
}

/** The app requires a check that this gateway does not have. */
export function notConfigured(name: string): Refusal {
  return new Refusal("human_check_unavailable", `The human check ${name} is not configured on this gateway.`, retryMs);
}
