/** Learns from what the relay hands on: verifications that have ended, and what came after that. */
import type { EventSink } from "../../events/sink-port.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import { evidenceOf, type TaughtChannel } from "./learn.ts";
import type { Evidence } from "./ports.ts";

/** Evidence that was taken a moment ago: a late receipt brings its whole verification once more. */
const mostRemembered = 10_000;

/** @param take must not wait: webhooks and streams come after it */
export function healthSink(
  channelOf: (name: string) => TaughtChannel | undefined,
  take: (evidence: Evidence) => void,
): EventSink {
  const taken = new LatestMap<string, true>(mostRemembered);
  return {
    name: "number-health",
    async append(batch) {
      for (const { ended } of batch) {
        if (ended === null) continue;
        for (const evidence of evidenceOf(ended, channelOf)) {
          const what = "text" in evidence ? `text ${evidence.via}` : evidence.source;
          const key = `${ended.id} ${evidence.to} ${what} ${evidence.atMs}`;
          if (taken.has(key)) continue;
          taken.set(key, true);
          take(evidence);
        }
      }
    },
  };
}
