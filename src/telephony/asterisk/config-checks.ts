/** Drivers that lack a key, or that cannot be used twice. */
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { keysNeeded } from "./access.ts";
import type { AsteriskConfig } from "./config.ts";

interface Sections {
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
}

export const asteriskChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["asterisks"], problems: driversHaveTheirKeys },
  { reads: ["asterisks"], problems: ariClientIsUsedOnce },
  { reads: ["asterisks"], problems: ariUrlsHaveNoPath },
];

function driversHaveTheirKeys({ asterisks }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(asterisks).flatMap(([name, asterisk]) => {
    if (!isSound(["asterisks", name, "driver"])) return [];
    const missing = keysNeeded[asterisk.driver].filter(
      (key) => asterisk[key] === undefined && isSound(["asterisks", name, key]),
    );
    const expected = `a value: the driver ${asterisk.driver} cannot work without it`;
    return missing.map((key) => ({ path: ["asterisks", name, key], given: "nothing", expected }));
  });
}

/** A path would be dropped without a word: requests go to /ari of the address. */
function ariUrlsHaveNoPath({ asterisks }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(asterisks).flatMap(([name, asterisk]) => {
    if (!isSound(["asterisks", name, "ari_url"])) return [];
    const { ari_url } = asterisk;
    if (ari_url === undefined || !URL.canParse(ari_url)) return [];
    const { origin, pathname, search, hash } = new URL(ari_url);
    if (pathname === "/" && search === "" && hash === "") return [];
    const expected = `scheme, host and port alone, such as ${origin}: the gateway adds /ari (leave \`prefix\` in http.conf empty)`;
    return [{ path: ["asterisks", name, "ari_url"], given: ari_url.replace(/\/\/[^@/]*@/, "//"), expected }];
  });
}

function ariClientIsUsedOnce({ asterisks }: Sections, isSound: IsSound): Problem[] {
  const names = Object.keys(asterisks).filter(
    (name) => isSound(["asterisks", name, "driver"]) && asterisks[name]?.driver === "ari-client",
  );
  if (names.length <= 1) return [];
  const why = "two ari-client connections in one process mix up their passwords; use ari-websocket for the others";
  const expected = `at most one Asterisk with the driver ari-client (${why})`;
  return [{ path: ["asterisks"], given: names.join(", "), expected }];
}
