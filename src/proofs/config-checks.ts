/** Keys of signed results that sign nothing, or are given twice. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { ProofsConfig } from "./config.ts";
import { readProofKey } from "./keys.ts";

interface Sections {
  readonly proofs?: ProofsConfig;
}

export const proofChecks: readonly CrossCheck<Sections>[] = [{ reads: ["proofs"], problems: keysFit }];

function keysFit({ proofs }: Sections, isSound: IsSound): Problem[] {
  if (proofs === undefined) return [];
  const keys = [
    { path: ["proofs", "signing_key"], text: proofs.signing_key, mustSign: true },
    ...(proofs.other_keys ?? []).map((text, index) => ({
      path: ["proofs", "other_keys", index],
      text,
      mustSign: false,
    })),
  ];
  const seen = new Set<string>();
  return keys.flatMap(({ path, text, mustSign }) => {
    if (!isSound(path)) return [];
    const key = readProofKey(text, mustSign);
    if ("expected" in key) return [{ path, given: "(hidden)", expected: key.expected }];
    if (seen.has(key.kid)) return [{ path, given: "(hidden)", expected: "a key that is nowhere else in this section" }];
    seen.add(key.kid);
    return [];
  });
}
