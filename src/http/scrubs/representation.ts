/** A list in JSON. */
import type { Static } from "typebox";
import { resultFiles, type Scrub } from "../../numbers/scrubs/types.ts";
import { rfc3339 } from "../../verification/representation.ts";
import type { ScrubBody } from "./schemas.ts";

export function scrubBody(scrub: Scrub): Static<typeof ScrubBody> {
  const { id, name, state, bytes, progress, found, summary, problem } = scrub;
  const timeOf = (atMs: number | null) => (atMs === null ? null : rfc3339(atMs));
  return {
    ...{ id, name, state, bytes, progress, summary, problem },
    read_as:
      found === null
        ? null
        : {
            format: found.format,
            header: found.header,
            column: { name: found.column.name, guessed_share: found.column.guessedShare },
            country: { country: found.country.country, guessed_share: found.country.guessedShare },
          },
    files: state === "finished" ? [...resultFiles] : [],
    created_at: rfc3339(scrub.createdAtMs),
    ended_at: timeOf(scrub.endedAtMs),
    expires_at: timeOf(scrub.expiresAtMs),
  };
}
