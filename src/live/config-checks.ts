/** Event streams and connections. */
import type { EventsConfig } from "../events/config.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";

interface Sections {
  readonly http: { readonly max_connections: number };
  readonly events: Pick<EventsConfig, "max_streams">;
}

export const liveChecks: readonly CrossCheck<Sections>[] = [{ reads: ["http", "events"], problems: streamsLeaveRoom }];

/** A stream's connection is never closed for a new one: streams alone could shut out every other request. */
function streamsLeaveRoom({ http, events }: Sections, isSound: IsSound): Problem[] {
  const path = ["events", "max_streams"];
  if (!isSound(path) || !isSound(["http", "max_connections"])) return [];
  if (events.max_streams < http.max_connections || events.max_streams === 0) return [];
  const expected = `less than http.max_connections (${http.max_connections}), so that other requests find a connection`;
  return [{ path, given: String(events.max_streams), expected }];
}
