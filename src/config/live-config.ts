/** The configuration of a running gateway, whose live sections a reload replaces. */
import { liveView } from "../shared/live-view.ts";
import { liveSections } from "./live-sections.ts";
import type { Config } from "./schema.ts";

export interface LiveConfig {
  /** For the parts of the gateway: its live sections are read through to what holds now, the others are plain. */
  readonly view: Config;
  /** What holds now. Its sections are the same objects until one is replaced. */
  now(): Config;
  replace(merged: Config): void;
}

export function createLiveConfig(start: Config): LiveConfig {
  let present = start;
  const view: Record<string, unknown> = { ...start };
  for (const [name, how] of Object.entries(liveSections)) {
    const section = name as keyof Config;
    if (how === "restart" || !Object.hasOwn(start, section)) continue;
    const value = start[section];
    // A list is read anew each time: a view of one would not be one.
    const read = Array.isArray(value) ? null : liveView(() => present[section] as object);
    Object.defineProperty(view, section, { enumerable: true, get: () => read ?? present[section] });
  }
  return {
    view: view as Config,
    now: () => present,
    replace(merged) {
      present = merged;
    },
  };
}
