/**
 * Assembles the Lua scripts. `--- @include "name"` is replaced by lua/includes/name.lua, once per script. The include
 * "tables" is generated here from the code that owns the rules: the state machines of verifications and of each channel's
 * deliveries, the fields of a record, the settings. So each rule has one definition. What a script does not need on a run is not created: see lua-text.ts.
 *
 * The first line of each script makes Redis (7 or newer) check it as a whole before it runs: with full memory a script is
 * refused, not interrupted. Scripts that begin something are refused then; scripts that complete it (`allow-oom`) add a
 * bounded amount and are allowed. Scripts that only read (`no-writes`) are never refused for that.
 */
import { readFileSync } from "node:fs";
import { appShare } from "../verification/app-share.ts";
import type { ChannelModule, DeliveryMachine } from "../verification/channel-port.ts";
import { codeLifetimeMs, leastLifetimeMs } from "../verification/codes.ts";
import type { VerificationSettings } from "../verification/config.ts";
import { events, terminalStatuses, transitions } from "../verification/machine.ts";
import { outboxKey } from "./keys.ts";
import { type Library, libraryOf } from "./library-text.ts";
import { placeFunctions } from "./lua-text.ts";
import {
  deliveryFields,
  moreFields,
  movingFields,
  publicFields,
  rareFields,
  recordVersion,
  workingFields,
} from "./record.ts";
import { otherScripts, verificationScripts } from "./script-names.ts";

/** The parts of a channel that the scripts need. */
export type ScriptedChannel = Pick<ChannelModule, "name" | "machine" | "scripts"> &
  Partial<Pick<ChannelModule, "codes" | "costs" | "setupLimitMs" | "reportsCalls">>;

/** Settings of the scripts, and how many apps share the limits of a callee. */
export interface ScriptSettings {
  readonly verification: VerificationSettings;
  readonly apps: number;
  /** Calls back with their number whenever that may have changed: one app has all of a limit, several share it. */
  readonly onApps?: (changed: (apps: number) => void) => void;
}

/** Where the scripts write public events. */
export interface OutboxSettings {
  /** One for each shard, as a cluster needs it; else one in all: the relay then needs one command for many events. */
  readonly perShard: boolean;
  /** Most entries of one outbox. */
  readonly maxEntries: number;
}

/** An outbox ends after so long without a batch for the relay. It must outlive any time for which no gateway runs. */
export const outboxTtlMs = 7 * 86_400_000;

const folder = new URL("lua/", import.meta.url);

/** One script in the two forms in which Redis takes it. */
export interface ScriptText {
  /** For EVAL. */
  readonly script: string;
  /** For FUNCTION LOAD. */
  readonly library: Library;
}

/** Each script without access to verifications, by its name. @throws {Error} where a file or an include is missing */
export function loadScripts(): ReadonlyMap<string, ScriptText> {
  const build = createBuilder("");
  return new Map(otherScripts.map((name) => [name, build(new URL(`${name}.lua`, folder))]));
}

/**
 * Each script of verifications by its name; a channel's own are called `<channel>.<script>`.
 * @throws {Error} where a file or an include is missing
 */
export function loadVerificationScripts(
  settings: ScriptSettings,
  channels: readonly ScriptedChannel[],
  outbox: OutboxSettings,
): ReadonlyMap<string, ScriptText> {
  const build = createBuilder(writeTables(settings, channels, outbox));
  return new Map([
    ...verificationScripts.map((name) => [name, build(new URL(`${name}.lua`, folder))] as const),
    ...channels.flatMap(({ name, scripts }) =>
      Object.entries(scripts).map(([script, file]) => [`${name}.${script}`, build(file)] as const),
    ),
  ]);
}

/** Reads all files at once, each once: an update must not change them under a gateway that runs. */
function createBuilder(tables: string): (file: URL) => ScriptText {
  const includes = new Map([["tables", tables]]);
  const include = (name: string): string => {
    const text = includes.get(name) ?? readFileSync(new URL(`includes/${name}.lua`, folder), "utf8");
    includes.set(name, text);
    return text;
  };
  const resolve = (text: string, included: Set<string>): string =>
    text.replace(/^--- @include "([a-z_]+)"$/gm, (_line, name: string) => {
      if (included.has(name)) return "";
      included.add(name);
      return resolve(include(name), included);
    });
  return (file) => new Assembled(resolve(readFileSync(file, "utf8"), new Set()));
}

/** Both forms take a millisecond or two of CPU, so each is made when it is first read. */
class Assembled implements ScriptText {
  readonly #whole: string;
  #library: Library | null = null;
  constructor(whole: string) {
    this.#whole = whole;
  }
  get script(): string {
    return placeFunctions(this.#whole);
  }
  get library(): Library {
    this.#library ??= libraryOf(this.#whole);
    return this.#library;
  }
}

function writeTables(settings: ScriptSettings, channels: readonly ScriptedChannel[], outbox: OutboxSettings): string {
  return [
    ...luaFields(),
    `local TERMINAL = ${luaSet(terminalStatuses)}`,
    "-- The status after `event`, or nil where it changes nothing.",
    "local function next_status(status, event)",
    // Comparisons: a table would be made on each call.
    ...events.flatMap((event) => [
      `  if event == '${event}' then`,
      ...Object.entries(transitions[event]).map(([from, to]) => `    if status == '${from}' then return '${to}' end`),
      "    return nil",
      "  end",
    ]),
    "end",
    "-- The outbox of the events of a record.",
    "local function outbox_of(key)",
    outbox.perShard ? "  return string.match(key, '^{s%d+}:') .. 'outbox'" : `  return '${outboxKey(0)}'`,
    "end",
    `local CHANNELS = ${luaSet(channels.map(({ name }) => name))}`,
    "-- The table of a channel's deliveries; a library makes it once.",
    "local CHANNEL_RULES = {}",
    "local function channel_rules(channel)",
    "  local rules = CHANNEL_RULES[channel]",
    "  if rules then return rules end",
    ...channels.map(({ name, machine }) => `  if channel == '${name}' then rules = ${luaRules(machine)} end`),
    "  if not rules then",
    "    error('a gateway without the channel ' .. channel .. ' cannot move its deliveries')",
    "  end",
    "  CHANNEL_RULES[channel] = rules",
    "  return rules",
    "end",
    "-- Most deliveries of a channel to one callee in an hour, and an app's share of it; 0: no cap of its own.",
    ...luaByChannel("cap", channels, (channel) => capOf(settings, channel), "0, 0"),
    "-- Whether the results of its deliveries are evidence of calls.",
    ...luaByChannel("calls", channels, ({ reportsCalls }) => (reportsCalls ? "true" : null), "false"),
    ...luaByChannel("costs", channels, ({ costs }) => (costs ? "true" : null), "false"),
    "-- Longest time from a delivery's start until the person may have it.",
    ...luaByChannel("setup_ms", channels, ({ setupLimitMs }) => (setupLimitMs ? String(setupLimitMs) : null), "0"),
    ...Object.entries(luaSettings(settings, outbox)).map(([name, value]) => `local ${name} = ${value}`),
  ].join("\n");
}

/** Reading a record: the names stand in the calls, because a table of them would be made anew on each run. */
function luaFields(): readonly string[] {
  const names = (fields: readonly string[]) => fields.map((field) => `'${field}'`).join(", ");
  const values = (fields: readonly string[], from: number) =>
    fields.map((field, index) => `${field} = v[${index + from}] or ''`).join(", ");
  const assigned = (fields: readonly string[]) =>
    `  ${fields.map((field) => `record.${field}`).join(", ")} = ${fields.map((_, index) => `v[${index + 1}] or ''`).join(", ")}`;
  const record = (name: string, fields: readonly string[]) => [
    `local function ${name}(key)`,
    `  local v = redis.call('HMGET', key, 'app', ${names(fields)})`,
    `  return v[1] and { key = key, app = v[1], changes = {}, ended_now = false, ${values(fields, 2)},`,
    `    ${rareFields.map((field) => `${field} = ''`).join(", ")} }`,
    "end",
  ];
  const read: readonly string[] = ["app", ...workingFields, ...movingFields, ...rareFields];
  const unread: readonly string[] = deliveryFields.filter((field) => !read.includes(field));
  return [
    "-- The record as `load` returns it, without what few records have; nil where there is none.",
    ...record("read_working", workingFields),
    "-- The same with what moves of the newest delivery need.",
    ...record("read_whole", [...workingFields, ...movingFields]),
    "--- @rare",
    "local function read_moving(record)",
    `  local v = redis.call('HMGET', record.key, ${names(movingFields)})`,
    assigned(movingFields),
    "end",
    "--- @rare",
    "local function read_rare(record)",
    `  local v = redis.call('HMGET', record.key, ${names(rareFields)})`,
    assigned(rareFields),
    "end",
    "-- What events of the newest delivery need that is over, as a JSON array, of a record that `load` or `read_moving` read.",
    "--- @rare",
    "local function delivery_json(record)",
    `  local v = redis.call('HMGET', record.key, ${names(unread)})`,
    `  return cjson.encode({ ${deliveryFields.map((field) => (unread.includes(field) ? `v[${unread.indexOf(field) + 1}]` : `record.${field}`)).join(", ")} })`,
    "end",
    "-- The public fields as a JSON array, of a record that has all of them by name, and none that few records have.",
    "local function public_of(record)",
    `  return cjson.encode({ ${publicFields.map((field) => `record.${field} or ''`).join(", ")} })`,
    "end",
    "local function read_public(key)",
    `  return redis.call('HMGET', key, ${names(publicFields)})`,
    "end",
    "--- @rare",
    "local function read_more(key)",
    `  return redis.call('HMGET', key, ${names(moreFields)})`,
    "end",
  ];
}

/** `channel_<what>(channel)`: text of the values for the channels that have one, for all others `otherwise`. */
function luaByChannel(
  what: string,
  channels: readonly ScriptedChannel[],
  value: (channel: ScriptedChannel) => string | null,
  otherwise: string,
): readonly string[] {
  const own = channels.flatMap((channel) => {
    const text = value(channel);
    return text === null ? [] : [`  if channel == '${channel.name}' then return ${text} end`];
  });
  return [`local function channel_${what}(channel)`, ...own, `  return ${otherwise}`, "end"];
}

function capOf({ verification, apps }: ScriptSettings, { name, codes }: ScriptedChannel): string | null {
  // Calls are counted by starts_per_callee_per_hour already.
  const standard = codes === "derived" ? verification.starts_per_callee_per_hour : 0;
  const cap = verification.channel_caps?.[name] ?? standard;
  return cap === 0 ? null : `${cap}, ${appShare(cap, apps)}`;
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
function luaSettings(
  { verification, apps }: ScriptSettings,
  outbox: OutboxSettings,
): Readonly<Record<string, number | boolean>> {
  const { wrong_checks_per_callee: wrongChecks, starts_per_callee_per_hour: starts } = verification;
  return {
    RECORD_VERSION: recordVersion,
    TTL_MS: verification.ttl_seconds * 1000,
    RETENTION_MS: verification.retention_seconds * 1000,
    MAX_CHECKS: verification.max_checks,
    MAX_GUESS_PROBABILITY: verification.max_guess_probability,
    CODE_AGE_MS: codeLifetimeMs,
    CODE_LEAST_MS: leastLifetimeMs,
    APPS_HAVE_SHARES: apps > 1,
    WRONG_CHECKS_PER_CALLEE: wrongChecks,
    WRONG_CHECKS_PER_APP: appShare(wrongChecks, apps),
    WRONG_CHECKS_WINDOW_MS: verification.wrong_checks_window_seconds * 1000,
    STARTS_PER_CALLEE_PER_HOUR: starts,
    STARTS_PER_APP_PER_HOUR: appShare(starts, apps),
    START_GAP_MS: verification.start_gap_seconds * 1000,
    OUTBOX_MAX: outbox.maxEntries,
    OUTBOX_TTL_MS: outboxTtlMs,
  };
}

/** Names and values are our own constants and integers; no external input enters a script's text. */
function luaTable(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([key, value]) => `['${key}'] = '${value}'`).join(", ")} }`;
}

function luaSet(items: readonly string[]): string {
  return `{ ${items.map((item) => `['${item}'] = true`).join(", ")} }`;
}
