/** What is wrong with a profile of an app that the API makes, on this gateway: the checks of the configuration, run on it alone. */
import type { AppProfileConfig } from "../apps/config.ts";
import { crossCheck } from "../typed-yaml/cross-check.ts";
import { pathText } from "../typed-yaml/errors.ts";
import { checks } from "./checks.ts";
import type { Config } from "./schema.ts";

/** @param profile fits the schema @returns each with its place in the profile; empty: the app may be made */
export function problemsOfProfile(name: string, profile: AppProfileConfig, gateway: Config): readonly string[] {
  const config: Config = { ...gateway, apps: { [name]: { ...profile, api_keys_sha256: [] } } };
  const own = checks.filter(({ reads }) => reads.includes("apps"));
  return crossCheck(config, own, [])
    .filter(({ path }) => path[0] === "apps" && path[1] === name)
    .map(
      ({ path, given, expected, message }) =>
        `${pathText(path.slice(2))}: ${message ?? `${given ?? "left out"} → expected ${expected}`}`,
    );
}
