/** Refuses a start whose human check did not pass. */
import type { Logger } from "pino";
import { Refusal } from "../shared/refusal.ts";
import type { HumanCheckAbout, HumanChecks } from "./port.ts";

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
  log: { readonly logger: Pick<Logger, "info" | "warn">; readonly app: string },
): Promise<void> {
  const { logger, app } = log;
  const check = checks.find(name);
  if (check === null) {
    logger.warn({ app, check: name }, "the app requires a human check that is not configured (human_checks)");
    throw new Refusal("human_check_unavailable", `The human check ${name} is not configured on this gateway.`, retryMs);
  }
  if (answer === undefined) {
    throw new Refusal(
      "human_check_failed",
      "`human_check` is missing: this app requires a check with each start token.",
    );
  }
  const verdict = await check.verify(answer, about);
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
