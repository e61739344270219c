/** How many events are kept, and for how long. */
import type { Static } from "typebox";
import { count, optionalSection, seconds } from "../typed-yaml/parts.ts";

const standardBacklogMax = 500_000;

export const Events = optionalSection(
  "Events of verifications and trunks: their way to streams, webhooks and records.",
  {
    backlog_max: count(
      standardBacklogMax,
      1000,
      100_000_000,
      "Changes of state that wait in Redis while they cannot be delivered (records are down), in all; beyond it the oldest are dropped, counted and logged. A verification makes about four, of about 450 bytes on average: 500,000 are about 220 MB, and an hour at 35 verifications a second. Raise it with Redis' memory.",
    ),
    stream_max: count(
      20_000,
      100,
      10_000_000,
      "Events kept for live streams, for each app: a client that reconnects continues where it was. About 0.7 KB each; 20,000 are a minute at 60 verifications a second.",
    ),
    stream_seconds: seconds(
      3600,
      60,
      2_592_000,
      "How long they are kept. As long as an ended verification can be read (verification.retention_seconds): a client that was away for longer reads the state instead.",
    ),
    max_streams: count(
      5000,
      0,
      100_000,
      "Open event streams (SSE) of one gateway process; each holds a connection and about 12 KB. Beyond it 503. Less than http.max_connections, so that streams leave connections to other requests.",
    ),
    max_streams_per_app: count(
      1000,
      0,
      100_000,
      "The same for one app, and for all operators together; beyond it 429. So that one app whose clients forget to close streams leaves some to the others.",
    ),
  },
);

export type EventsConfig = Static<typeof Events>;

/** The defaults. */
export const standardEvents: Pick<EventsConfig, "backlog_max" | "stream_max" | "stream_seconds"> = {
  backlog_max: standardBacklogMax,
  stream_max: 20_000,
  stream_seconds: 3600,
};
