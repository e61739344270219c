/**
 * Runs scripts, and turns every kind of failure into one refusal: no connection, no answer in time, out of memory,
 * a replica that only reads, data still loading. In each case the outcome is unknown to the caller.
 */

import { Cluster, type Redis } from "ioredis";
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { Tracing } from "../shared/tracing.ts";
import type { RedisClient } from "./client.ts";
import type { DecodedReply } from "./decoder.ts";
import { type KnownScript, knownScript } from "./known-script.ts";
import { tidyLibraries } from "./libraries.ts";
import { perTurn } from "./per-turn.ts";
import { createScriptCalls } from "./script-calls.ts";
import { isAwaited, takesSeveral } from "./script-names.ts";
import type { ScriptText } from "./scripts.ts";
import { createTogether } from "./together.ts";

/** A script's reply: strings and numbers, as the script's header lists. */
export type Reply = readonly (string | number)[];
/** @param name one of `scriptNames`, or `<channel>.<script>` */
export type RunScript = (name: string, key: string, args: readonly (string | number)[]) => Promise<Reply | string>;

/** @param words a command on one key that changes nothing of the connection. @throws as the client does */
export type RunCommand = (
  ...words: readonly [name: string, key: string, ...(string | number)[]]
) => Promise<DecodedReply>;

export interface ScriptRunner {
  readonly run: RunScript;
  /** For commands of busy paths: it costs less than the client's own methods. */
  readonly command: RunCommand;
  /** The same for reading what no script is needed for; it fails as scripts do. */
  readonly read: RunCommand;
  /** Registers scripts by their names. @param scripts from `loadScripts` */
  define(scripts: ReadonlyMap<string, ScriptText>): void;
  /** Hands the commands of this turn to the kernel now, those of the client too. */
  flush(): void;
}

/** Retry-After for clients: reconnecting takes about this long. */
const retryAfterMs = 1000;
/** At most one line in the log in this time, however many commands fail. */
const logEveryMs = 1000;

/** @param refusal what the caller gets in place of an error */
type Call = (
  name: string,
  key: string,
  args: readonly (string | number)[],
  refusal: (error: unknown) => Error,
) => Promise<Reply | string>;

type Scripts = Pick<ScriptRunner, "command" | "define" | "flush"> & { readonly call: Call };

/** @param timeoutMs of a call; in a cluster the client has it */
export function createScriptRunner(options: {
  readonly client: RedisClient;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracing?: Tracing | null;
}): ScriptRunner {
  const { client, timeoutMs, logger, tracing = null } = options;
  const clock = steadyClock(options.clock);
  const scripts = client instanceof Cluster ? clusterScripts(client) : serverScripts(client, timeoutMs);
  const { call, command, define, flush } = scripts;

  let failures = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  const failed = (script: string, error: unknown): Refusal => {
    failures++;
    if (clock.nowMs() - loggedAtMs < logEveryMs) return unavailable();
    // The text only: the error object holds the command's arguments, and with them the callee.
    logger.error({ script, failures, why: error instanceof Error ? error.message : "unknown" }, "Redis did not answer");
    loggedAtMs = clock.nowMs();
    failures = 0;
    return unavailable();
  };

  // Without a promise of its own: a call runs seven scripts.
  const run: RunScript = (name, key, args) => call(name, key, args, (error) => failed(name, error));
  const read: RunCommand = (...words) =>
    command(...words).catch((error: unknown) => {
      throw failed(words[0], error);
    });
  return {
    run: tracing === null ? run : traced(run, tracing),
    read: tracing === null ? read : tracedRead(read, tracing),
    ...{ command, define, flush },
  };
}

/** Of one server, found by its address or by Sentinel. */
function serverScripts(client: Redis, timeoutMs: number): Scripts {
  const known = new Map<string, KnownScript>();
  const together = createTogether();
  const calls = createScriptCalls(client, timeoutMs, together);
  const inTurn = perTurn<OneCall, Reply>(async (group, all) => {
    const [name = ""] = group.split(" ");
    const script = known.get(name);
    if (script === undefined) throw noScript(name);
    const keys = all.map(({ key }) => key);
    const args = all.flatMap((one) => one.args);
    const asked = calls.callAll(script, keys, args);
    if (isAwaited(name)) together.hurry(keys.length);
    const replies = (await asked) as readonly Reply[];
    return replies.map((reply) => failureOf(reply) ?? reply);
  });
  client.on("ready", () => {
    void tidyLibraries(client, () => new Set([...known.values()].map(({ library }) => library)));
  });
  return {
    call(name, key, args, refusal) {
      if (takesSeveral.has(name)) {
        return inTurn(`${name} ${args.length}`, { key, args }).catch((error: unknown) => {
          throw refusal(error);
        });
      }
      const script = known.get(name);
      if (script === undefined) return Promise.reject(refusal(noScript(name)));
      const reply = calls.call(script, key, args, refusal);
      if (isAwaited(name)) together.hurry(1);
      // Its lists are those that the script's header describes.
      return reply as Promise<Reply>;
    },
    define(scripts) {
      for (const [name, text] of scripts) known.set(name, knownScript(text));
    },
    command: (...words) => calls.command(words),
    flush: together.flush,
  };
}

/** Of a cluster: ioredis knows which node has a key, and follows it. */
function clusterScripts(client: Cluster): Scripts {
  const commands = client as unknown as Record<string, (key: string, ...args: (string | number)[]) => Promise<Reply>>;
  return {
    async call(name, key, args, refusal) {
      try {
        const command = commands[commandName(name)];
        if (!command) throw noScript(name);
        const reply = await command.call(client, key, ...args);
        if (!takesSeveral.has(name)) return reply;
        // Those of one turn have keys in several slots.
        const [one = []] = reply as unknown as readonly Reply[];
        const failure = failureOf(one);
        if (failure !== null) throw failure;
        return one;
      } catch (error) {
        throw refusal(error);
      }
    },
    define(scripts) {
      for (const [name, { script }] of scripts) {
        client.defineCommand(commandName(name), { numberOfKeys: 1, lua: script });
      }
    },
    command: (name, ...rest) => client.call(name, ...rest) as Promise<DecodedReply>,
    // Each command is written as it is called.
    flush: () => undefined,
  };
}

interface OneCall {
  readonly key: string;
  readonly args: readonly (string | number)[];
}

/** Of one key of a script that takes several; null: it did what it should. */
function failureOf([kind, why]: Reply): Error | null {
  return kind === "failed" ? new Error(String(why)) : null;
}

const noScript = (name: string) => new Error(`no such script: ${name}`);

/** A span for each script that a request, a call or a message waits for; those of background work would be traces of their own. */
function traced(run: RunScript, tracing: Tracing): RunScript {
  return (name, key, args) => {
    if (tracing.current() === null) return run(name, key, args);
    const attributes = { "db.system.name": "redis", "db.stored_procedure.name": name };
    return tracing.within(`redis ${name}`, { kind: "client", attributes }, () => run(name, key, args));
  };
}

/** The same of commands. */
function tracedRead(read: RunCommand, tracing: Tracing): RunCommand {
  return (...words) => {
    if (tracing.current() === null) return read(...words);
    const attributes = { "db.system.name": "redis", "db.operation.name": words[0] };
    return tracing.within(`redis ${words[0]}`, { kind: "client", attributes }, () => read(...words));
  };
}

/** The one refusal of every failure. */
export function unavailable(): Refusal {
  return new Refusal("store_unavailable", "The store (Redis) does not answer; no call was placed.", retryAfterMs);
}

/** Apart from Redis' own commands. */
function commandName(name: string): string {
  return `onering_${name}`;
}
