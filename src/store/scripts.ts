/**
 * Puts the Lua scripts together. `--- @include "name"` stands for lua/includes/name.lua, once in a script, however
 * often it is asked for. The include "tables" is written here from the code that owns the rules: the state machine,
 * the fields of a record, the settings. So none of them stands twice.
 *
 * The first line of each script tells Redis (7 or newer) to look at the whole before it runs: a script is refused, not
 * cut short, where memory is full. What begins something is refused then; what brings it to its end (`allow-oom`) adds
 * a bounded little and is let through.
 */
import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { events, terminalStatuses, transitions } from "../verification/machine.ts";
import { privateFields, publicFields } from "./record.ts";

export const scriptNames = ["start", "resend", "check", "change", "reserve", "keep_answer", "release"] as const;
export type ScriptName = (typeof scriptNames)[number];

const folder = new URL("lua/", import.meta.url);

/** The text of each script, ready for Redis. @throws {Error} where a file or an include is missing. */
export function loadScripts(settings: Config["verification"]): Readonly<Record<ScriptName, string>> {
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

function writeTables(settings: Config["verification"]): string {
  const fields = [...publicFields, ...privateFields];
  return [
    `local FIELDS = ${luaList(fields)}`,
    `local PUBLIC_FIELDS = ${publicFields.length}`,
    `local TERMINAL = ${luaTable(terminalStatuses.map((status) => [status, "true"]))}`,
    `local TRANSITIONS = ${luaTable(
      events.map((event) => [
        event,
        luaTable(Object.entries(transitions[event]).map(([from, to]) => [from, `'${to}'`])),
      ]),
    )}`,
    `local SETTINGS = ${luaTable(Object.entries(luaSettings(settings)).map(([name, value]) => [name, String(value)]))}`,
  ].join("\n");
}

/** The settings that the scripts use, all times in milliseconds. */
function luaSettings(settings: Config["verification"]) {
  return {
    ttl_ms: settings.ttl_seconds * 1000,
    retention_ms: settings.retention_seconds * 1000,
    max_checks: settings.max_checks,
    wrong_checks_per_callee: settings.wrong_checks_per_callee,
    wrong_checks_window_ms: settings.wrong_checks_window_seconds * 1000,
    starts_per_callee_per_hour: settings.starts_per_callee_per_hour,
    start_gap_ms: settings.start_gap_seconds * 1000,
    caller_id_rest_ms: settings.caller_id_rest_seconds * 1000,
  };
}

/** Names and values are our own constants and integers; nothing from outside gets into a script's text. */
function luaTable(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([name, value]) => `${name} = ${value}`).join(", ")} }`;
}

function luaList(items: readonly string[]): string {
  return `{ ${items.map((item) => `'${item}'`).join(", ")} }`;
}
