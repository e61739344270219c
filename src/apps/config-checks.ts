/** Countries of apps that do not exist, and API keys that two apps share. */
import { countryListProblems } from "../numbers/config-checks.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { AppConfig } from "./config.ts";

interface Sections {
  readonly apps: Readonly<Record<string, AppConfig>>;
}

export const appChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["apps"], problems: countriesExist },
  { reads: ["apps"], problems: apiKeysBelongToOneApp },
];

function countriesExist({ apps }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(apps).flatMap(([name, app]) => {
    const path = ["apps", name, "allowed_countries"];
    return isSound(path) ? countryListProblems(path, app.allowed_countries ?? [], isSound) : [];
  });
}

/** A request with a shared key could not be attributed to one app. */
function apiKeysBelongToOneApp({ apps }: Sections, isSound: IsSound): Problem[] {
  const owners = new Map<string, string>();
  return Object.entries(apps).flatMap(([name, app]) => {
    const path = ["apps", name, "api_keys_sha256"];
    if (!isSound(path)) return [];
    return app.api_keys_sha256.flatMap((hash, index) => {
      const owner = owners.get(hash);
      if (owner === undefined) owners.set(hash, name);
      if (owner === undefined || owner === name) return [];
      const expected = `a key of its own: the app ${owner} has this one, and requests could not be attributed to one of them`;
      return [{ path: [...path, index], given: "(hidden)", expected }];
    });
  });
}
