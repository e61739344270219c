/** Settings of human checks that do not fit together, and names that apps require. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { HumanChecksConfig } from "./config.ts";

interface Sections {
  readonly human_checks: HumanChecksConfig;
  readonly apps: Readonly<Record<string, { readonly human_check?: string }>>;
}

export const humanCheckChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["human_checks"], problems: keysFitTheProvider },
  { reads: ["human_checks", "apps"], problems: appsNameKnownChecks },
];

function keysFitTheProvider({ human_checks: checks }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(checks).flatMap(([name, check]) => {
    const path = ["human_checks", name];
    if (!isSound(path)) return [];
    const { provider, secret, url, min_score: minScore } = check;
    const problems: Problem[] = [];
    const isOwn = provider === "proof_of_work";
    if (isOwn && secret !== undefined) {
      problems.push({ path: [...path, "secret"], given: "(hidden)", expected: "no secret: proof_of_work has none" });
    }
    if (!isOwn && secret === undefined) {
      problems.push({ path, given: "no secret", expected: `a secret: the secret key of ${provider}` });
    }
    if (minScore !== undefined && provider !== "recaptcha_v3") {
      problems.push({ path: [...path, "min_score"], given: String(minScore), expected: "recaptcha_v3 as provider" });
    }
    if (url?.startsWith("http:") && !check.allow_private) {
      const expected =
        "an address that starts with https://, because requests carry the secret (http only with allow_private)";
      problems.push({ path: [...path, "url"], given: "http://", expected });
    }
    return problems;
  });
}

function appsNameKnownChecks({ human_checks: checks, apps }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(apps).flatMap(([name, app]) => {
    const path = ["apps", name, "human_check"];
    if (!isSound(path) || app.human_check === undefined || Object.hasOwn(checks, app.human_check)) return [];
    const known = Object.keys(checks);
    const hint =
      didYouMean(app.human_check, known) || (known.length === 0 ? "" : ` (${known.slice(0, 10).join(", ")})`);
    return [{ path, given: JSON.stringify(app.human_check), expected: `the name of one of human_checks${hint}` }];
  });
}
