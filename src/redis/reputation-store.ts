/** Caller-ID reputation in Redis: one script per method. All keys share one hash tag, so that a script may look at any caller ID. */

import type { ReputationConfig } from "../caller-ids/reputation-config.ts";
import type { CooldownReason, ReputationStore, UnavailableHashes } from "../caller-ids/store-port.ts";
import { reputationKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** @param testNow for tests: the time instead of Redis' own */
export function createReputationStore(
  run: RunScript,
  settings: ReputationConfig,
  testNow: (() => number) | null,
): ReputationStore {
  const now = () => testNow?.() ?? "";
  const rules = [
    settings.attempts_per_hour,
    settings.attempts_per_day,
    settings.flagged_cooldown_seconds * 1000,
    settings.silent_cooldown_seconds * 1000,
    settings.ring_history_attempts,
    settings.least_ringing_percent,
    settings.least_trunk_ringing_percent,
    settings.first_flagged_cooldown_seconds * 1000,
    settings.flagging_prefixes,
    settings.flagging_apps,
    settings.flagged_percent_per_hour,
  ];

  return {
    async look(ranges, candidates) {
      const refs = candidates.flatMap(({ range, hash }) => [ranges.indexOf(range) + 1, hash]);
      const reply: readonly unknown[] = (await run("reputation_read", reputationKey, [
        ...[now(), ranges.length, ...ranges],
        ...refs,
      ])) as Reply;
      const lists = ranges.length + candidates.length;
      return {
        unavailable: reply.slice(0, ranges.length).map(Number),
        fit: reply.slice(ranges.length, lists).map((fit) => fit === 1),
        listed: reply.slice(lists) as UnavailableHashes[],
      };
    },

    async note(notes) {
      const args = notes.flatMap((note) => [
        note.what,
        note.range,
        note.hash,
        ...(note.what === "attempt" ? ["", "", "", ""] : [note.trunk, note.prefix, note.app, note.rangeSize]),
      ]);
      const reply = (await run("reputation_update", reputationKey, [now(), ...rules, ...args])) as Reply;
      return inRows(reply, 3).map(([range, trunk, reason]) => ({
        range: String(range),
        trunk: String(trunk),
        reason: reason as CooldownReason,
      }));
    },

    async status(ranges) {
      const reply = (await run("reputation_status", reputationKey, [now(), ...ranges])) as Reply;
      const rows = inRows(reply, 2);
      return ranges.map((range, i) => ({
        range,
        coolingDown: Number(rows[i]?.[0]),
        unavailable: Number(rows[i]?.[1]),
      }));
    },
  };
}

function inRows(reply: Reply, width: number): Reply[] {
  return Array.from({ length: reply.length / width }, (_, row) => reply.slice(row * width, (row + 1) * width));
}
