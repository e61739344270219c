/**
 * Puts the Lua scripts together. `--- @include "name"` stands for lua/includes/name.lua, once in a script, however
 * often it is asked for. The include "tables" is written here from the code that owns the rules: the state machine,
 * the fields of a record, the settings. So none of them stands twice.
 *
 * The first line of each script tells Redis (7 or newer) to look at the whole before it runs: a script is refused, not
 * cut short, where memory is full. What begins something is refused then; what brings it to its end (`allow-oom`) adds
 * a bounded little and is let through. What only reads (`no-writes`) is never refused for that.
 */
import { readFileSync } from "node:fs";
import type { MissedCallSettings } from "../channels/missed-call/config.ts";
import type { VerificationSettings } from "../verification/config.ts";
import { beforeLastCall, events, terminalStatuses, transitions } from "../verification/machine.ts";
import { publicFields } from "./record.ts";

export const scriptNames = [
  "start",
  "resend",
  "next_call",
  "check",
  "change",
  "reserve",
  "keep_answer",
  "release",
  "start_call_in",
  "called_in",
  "reserve_slot",
  "release_slot",
  "reputation_read",
  "reputation_update",
  "reputation_status",
  "drain",
  "enable",
  "slots_status",
] as const;
export type ScriptName = (typeof scriptNames)[number];

const folder = new URL("lua/", import.meta.url);

/** The text of each script, ready for Redis. @throws {Error} where a file or an include is missing. */
export function loadScripts(settings: VerificationSettings & MissedCallSettings): Readonly<Record<ScriptName, string>> {
  const tables = writeTables(settings);
  const texts = scriptNames.map((name) => [name, resolveIncludes(readLua(`${name}.lua`), tables, new Set())]);
  return Object.fromEntries(texts);
}

function resolveIncludes(text: string, tables: string, included: Set<string>): string {
  return text.replace(/^--- @include "([a-z_]+)"$/gm, (_line, name: string) => {
    if (included.has(name)) return "";
    included.add(name);
    return resolveIncludes(name === "tables" ? tables : readLua(`includes/${name}.lua`), tables, included);
  });
}

function readLua(path: string): string {
  return readFileSync(new URL(path, folder), "utf8");
}

function writeTables(settings: VerificationSettings & MissedCallSettings): string {
  const moves = events.flatMap((event) =>
    Object.entries(transitions[event]).map(([from, to]) => `['${event} ${from}'] = '${to}'`),
  );
  return [
    `local PUBLIC_FIELDS = ${luaList(publicFields)}`,
    `local TERMINAL = { ${terminalStatuses.map((status) => `${status} = true`).join(", ")} }`,
    // Made when something moves: most checks move nothing.
    "-- The status after `event`, or nil where it changes nothing.",
    `local function next_status(status, event) return ({ ${moves.join(", ")} })[event .. ' ' .. status] end`,
    `local BEFORE_LAST_CALL = { ${Object.entries(beforeLastCall).map(([event, other]) => `${event} = '${other}'`)} }`,
    ...Object.entries(luaSettings(settings)).map(([name, value]) => `local ${name} = ${value}`),
  ].join("\n");
}

/** The settings that the scripts use, all times in milliseconds. */
function luaSettings(settings: VerificationSettings & MissedCallSettings) {
  return {
    TTL_MS: settings.ttl_seconds * 1000,
    RETENTION_MS: settings.retention_seconds * 1000,
    MAX_CHECKS: settings.max_checks,
    WRONG_CHECKS_PER_CALLEE: settings.wrong_checks_per_callee,
    WRONG_CHECKS_WINDOW_MS: settings.wrong_checks_window_seconds * 1000,
    STARTS_PER_CALLEE_PER_HOUR: settings.starts_per_callee_per_hour,
    START_GAP_MS: settings.start_gap_seconds * 1000,
    CALLER_ID_COOLDOWN_MS: settings.caller_id_cooldown_seconds * 1000,
  };
}

/** Names and values are our own constants and integers; nothing from outside gets into a script's text. */
function luaList(items: readonly string[]): string {
  return `{ ${items.map((item) => `'${item}'`).join(", ")} }`;
}
