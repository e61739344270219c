/** The stream of each app's events, and the operator's own. The scripts are in lua/. */
import type { EventsConfig } from "../events/config.ts";
import type { EventStreams } from "../events/stream-port.ts";
import type { StreamStore } from "../events/streams.ts";
import type { RedisClient } from "./client.ts";
import { streamKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";
import { createStreamReader, readEntries } from "./stream-reader.ts";

export function createEventStreams(
  run: RunScript,
  client: RedisClient,
  { stream_max, stream_seconds }: Pick<EventsConfig, "stream_max" | "stream_seconds">,
): EventStreams & StreamStore {
  const keptMs = stream_seconds * 1000;
  return {
    async append(owner, shard, events) {
      const own = events.flatMap(({ position, json }) => [position, json]);
      await run("append_events", streamKey(owner), [shard, stream_max, keptMs, ...own]);
    },
    async read(owner, afterId, count) {
      const reply = (await run("read_events", streamKey(owner), [afterId, count])) as Reply;
      return readEntries(reply.map(String));
    },
    async ends(owner) {
      const [newest, forgotten] = (await run("event_ends", streamKey(owner), [])) as Reply;
      return { newest: String(newest), forgotten: String(forgotten) };
    },
    open: () => createStreamReader(client),
  };
}
