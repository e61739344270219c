/**
 * Assembles the Lua scripts. `--- @include "name"` is replaced by lua/includes/name.lua, once per script. The include
 * "tables" is generated here from the code that owns the rules: the state machines of verifications and of each channel's
 * deliveries, the fields of a record, the settings. So each rule has one definition.
 *
 * The first line of each script makes Redis (7 or newer) check it as a whole before it runs: with full memory a script is
 * refused, not interrupted. Scripts that begin something are refused then; scripts that complete it (`allow-oom`) add a
 * bounded amount and are allowed. Scripts that only read (`no-writes`) are never refused for that.
 */
import { readFileSync } from "node:fs";
import { appShare } from "../verification/app-share.ts";
import type { ChannelModule, DeliveryMachine } from "../verification/channel-port.ts";
import type { VerificationSettings } from "../verification/config.ts";
import { events, terminalStatuses, transitions } from "../verification/machine.ts";
import { publicFields, recordVersion } from "./record.ts";

/** Scripts of verifications; they get the tables of the channels. */
const verificationScripts = [
  "read",
  "check",
  "change",
  "cancel",
  "due",
  "find_open",
  "blind_check",
  "limit_on",
  "reserve",
  "release",
] as const;

/** Scripts without access to verifications. */
const otherScripts = [
  "reserve_slot",
  "release_slot",
  "reputation_read",
  "reputation_update",
  "reputation_status",
  "drain",
  "enable",
  "slots_status",
  "version",
] as const;

/** The parts of a channel that the scripts need. */
export type ScriptedChannel = Pick<ChannelModule, "name" | "machine" | "scripts">;

/** Settings of the scripts, and how many apps share the limits of a callee. */
export interface ScriptSettings {
  readonly verification: VerificationSettings;
  readonly apps: number;
}

const folder = new URL("lua/", import.meta.url);

/** The text of each script without access to verifications, by its name. @throws {Error} where a file or an include is missing */
export function loadScripts(): ReadonlyMap<string, string> {
  return new Map(otherScripts.map((name) => [name, build(new URL(`${name}.lua`, folder), "")]));
}

/**
 * The text of each script of verifications by its name; a channel's own are called `<channel>.<script>`.
 * @throws {Error} where a file or an include is missing
 */
export function loadVerificationScripts(
  settings: ScriptSettings,
  channels: readonly ScriptedChannel[],
): ReadonlyMap<string, string> {
  const tables = writeTables(settings, channels);
  return new Map([
    ...verificationScripts.map((name) => [name, build(new URL(`${name}.lua`, folder), tables)] as const),
    ...channels.flatMap(({ name, scripts }) =>
      Object.entries(scripts).map(([script, file]) => [`${name}.${script}`, build(file, tables)] as const),
    ),
  ]);
}

function build(file: URL, tables: string): string {
  return resolveIncludes(readFileSync(file, "utf8"), tables, new Set());
}

function resolveIncludes(text: string, tables: string, included: Set<string>): string {
  return text.replace(/^--- @include "([a-z_]+)"$/gm, (_line, name: string) => {
    if (included.has(name)) return "";
    included.add(name);
    const include = name === "tables" ? tables : readFileSync(new URL(`includes/${name}.lua`, folder), "utf8");
    return resolveIncludes(include, tables, included);
  });
}

function writeTables(settings: ScriptSettings, channels: readonly ScriptedChannel[]): string {
  const moves = events.flatMap((event) =>
    Object.entries(transitions[event]).map(([from, to]) => [`${event} ${from}`, to] as const),
  );
  return [
    `local PUBLIC_FIELDS = { ${publicFields.map((field) => `'${field}'`).join(", ")} }`,
    `local TERMINAL = ${luaSet(terminalStatuses)}`,
    // Built only for a transition: most checks cause none.
    "-- The status after `event`, or nil where it changes nothing.",
    `local function next_status(status, event) return (${luaTable(moves)})[event .. ' ' .. status] end`,
    `local CHANNELS = ${luaSet(channels.map(({ name }) => name))}`,
    "-- The table of a channel's deliveries.",
    "local function channel_rules(channel)",
    ...channels.map(({ name, machine }) => `  if channel == '${name}' then return ${luaRules(machine)} end`),
    "  error('a gateway without the channel ' .. channel .. ' cannot move its deliveries')",
    "end",
    ...Object.entries(luaSettings(settings)).map(([name, value]) => `local ${name} = ${value}`),
  ].join("\n");
}

function luaRules({ transitions, states, busy, waiting, final, beforeLastPart }: DeliveryMachine): string {
  const moves = Object.entries(transitions).flatMap(([event, own]) =>
    Object.entries(own).map(([from, to]) => [`${event} ${from}`, to ?? ""] as const),
  );
  const meaning = Object.entries(states).flatMap(([state, event]) => (event === null ? [] : [[state, event] as const]));
  const before = Object.entries(beforeLastPart).map(([event, other]) => [event, other ?? ""] as const);
  return `{ transitions = ${luaTable(moves)}, meaning = ${luaTable(meaning)}, busy = ${luaSet(busy)}, waiting = ${luaSet(waiting)}, final = ${luaSet(final)}, before_last = ${luaTable(before)} }`;
}

/** The settings that the scripts use, all times in milliseconds. */
function luaSettings({ verification, apps }: ScriptSettings): Readonly<Record<string, number | boolean>> {
  const { wrong_checks_per_callee: wrongChecks, starts_per_callee_per_hour: starts } = verification;
  return {
    RECORD_VERSION: recordVersion,
    TTL_MS: verification.ttl_seconds * 1000,
    RETENTION_MS: verification.retention_seconds * 1000,
    MAX_CHECKS: verification.max_checks,
    APPS_HAVE_SHARES: apps > 1,
    WRONG_CHECKS_PER_CALLEE: wrongChecks,
    WRONG_CHECKS_PER_APP: appShare(wrongChecks, apps),
    WRONG_CHECKS_WINDOW_MS: verification.wrong_checks_window_seconds * 1000,
    STARTS_PER_CALLEE_PER_HOUR: starts,
    STARTS_PER_APP_PER_HOUR: appShare(starts, apps),
    START_GAP_MS: verification.start_gap_seconds * 1000,
  };
}

/** Names and values are our own constants and integers; no external input enters a script's text. */
function luaTable(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([key, value]) => `['${key}'] = '${value}'`).join(", ")} }`;
}

function luaSet(items: readonly string[]): string {
  return `{ ${items.map((item) => `['${item}'] = true`).join(", ")} }`;
}
