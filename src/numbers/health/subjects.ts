/** What is kept of a number's health, as a class of what is kept of somebody. */
import type { SubjectStore } from "../../subjects/store-port.ts";
import type { HealthHashes } from "./hashes.ts";
import type { HealthStore } from "./ports.ts";
import { letterOf, readReadings } from "./readings.ts";

const names = new Map<string, string>(Object.entries(letterOf).map(([name, letter]) => [letter, name]));

export function healthSubjects(
  hashes: Pick<HealthHashes, "number">,
  store: Pick<HealthStore, "read" | "erase">,
  flush: () => Promise<void>,
): SubjectStore {
  return {
    name: "number_health",
    async export({ to }) {
      const readings = readReadings(await store.read(hashes.number(to)));
      const items = readings.map(({ kind, source, atMs }) => ({
        ...{ evidence: names.get(kind), source },
        at: new Date(atMs).toISOString(),
      }));
      return { items, next: null };
    },
    async erase({ to }) {
      // What waits would bring it back.
      await flush();
      return { erased: (await store.erase(hashes.number(to))) ? 1 : 0, next: null };
    },
  };
}
