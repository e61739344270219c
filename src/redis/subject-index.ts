/**
 * What Redis keeps of one callee. There is no index of ended verifications by callee, so as to cost starts nothing: an operator's
 * rare request looks through the keys instead, some hundred thousand at a time.
 */
import { Cluster } from "ioredis";
import type { CalleeLimits, SubjectIndex } from "../subjects/index-port.ts";
import type { CalleeRef } from "../verification/hashes.ts";
import type { RedisClient } from "./client.ts";
import { calleeKey, recipientKeys, verificationIdOf, verificationKey } from "./keys.ts";
import { unavailable } from "./run.ts";

/** Redis looks through so many keys in about 0.4 ms (0.8 µs each, measured with a million), in which it does nothing else. */
const keysAtOnce = 500;
/** Of one call of `search`: 200,000 keys. */
const mostScans = 400;
/** Long enough for a resumed request. */
const rememberMs = 3_600_000;

/** What is erased. All else are counts and a lock whose erasure would let somebody guess on, or ring a phone without limit. */
const shown = /:shown$/;
const held = /:in:[^:]+$/;
/** The answer of its last live check; that there was one stays, so that no other is made before its time. */
const checkedLive = "live_check";

/** Among what is remembered: the search has ended. */
const complete = "complete";

type Node = Pick<RedisClient, "scan">;

export function createSubjectIndex(client: RedisClient): SubjectIndex {
  const masters = (): readonly [string, Node][] =>
    client instanceof Cluster
      ? client.nodes("master").map((node) => [`${node.options.host}:${node.options.port}`, node])
      : [["", client]];
  const memory = (callee: CalleeRef) => calleeKey(callee, "search");

  async function remember(callee: CalleeRef, members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    await client.sadd(memory(callee), ...members);
    await client.pexpire(memory(callee), rememberMs);
  }

  async function members(callee: CalleeRef, kind: "v" | "k" | "n"): Promise<readonly string[]> {
    const all = await client.smembers(memory(callee));
    return all.filter((member) => member.startsWith(`${kind} `)).map((member) => member.slice(2));
  }

  /** Of the ids those of verifications that are there, with their apps. @param own the callee that they must be of */
  async function withApps(ids: readonly string[], own: CalleeRef | null): Promise<readonly string[]> {
    const found = await Promise.all(
      ids.map(async (id) => {
        const [app, callee] = await client.hmget(verificationKey(id), "app", "callee");
        return app && (own === null || callee === own.hash) ? [`v ${id} ${app}`] : [];
      }),
    );
    return found.flat();
  }

  async function lookAt(keys: readonly string[], callee: CalleeRef): Promise<void> {
    const stem = `${calleeKey(callee)}:`;
    const ids = keys.flatMap((key) => verificationIdOf(key, callee.bucket) ?? []);
    const own = keys.filter((key) => key.startsWith(stem) && key !== memory(callee));
    await remember(callee, [...(await withApps(ids, callee)), ...own.map((key) => `k ${key}`)]);
  }

  async function searchOthers(callee: CalleeRef): Promise<void> {
    const ids = await Promise.all(recipientKeys(callee.hash).map((key) => client.smembers(key)));
    await remember(callee, await withApps(ids.flat(), null));
  }

  /** Goes through the keys of the callee's own shard, on the master that has it. */
  async function search(callee: CalleeRef, after: string | null): Promise<string | null> {
    if (after === null) await searchOthers(callee);
    const nodes = masters();
    let [name = nodes[0]?.[0] ?? "", cursor = "0"] = after?.split(" ") ?? [];
    const pattern = `${calleeKey(callee).split(":")[0]}:*`;
    for (let scans = 0; scans < mostScans; scans++) {
      const at = nodes.findIndex(([one]) => one === name);
      const node = nodes[at]?.[1];
      // That master is gone: its keys are elsewhere.
      if (node === undefined) return search(callee, null);
      const [next, keys] = await node.scan(cursor, "MATCH", pattern, "COUNT", keysAtOnce);
      await lookAt(keys, callee);
      cursor = next;
      if (cursor !== "0") continue;
      const following = nodes[at + 1]?.[0];
      if (following === undefined) {
        await remember(callee, [complete]);
        return null;
      }
      name = following;
    }
    return `${name} ${cursor}`;
  }

  async function countAll(keys: readonly string[], pattern: RegExp): Promise<number> {
    const counts = keys.filter((key) => pattern.test(key)).map((key) => client.zcard(key));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async function eraseLiveCheck(callee: CalleeRef): Promise<number> {
    const key = calleeKey(callee, checkedLive);
    const said = readTurn(await client.get(key));
    if (said === null || said.answer === null) return 0;
    const leftMs = await client.pttl(key);
    if (leftMs <= 0) return 0;
    // As of a check whose gateway died: lua/live_check_begin.lua.
    // One that expired meanwhile must not come back without a TTL: the number could never be checked again.
    await client.set(key, `begun erased ${said.at_ms}`, "PX", leftMs, "XX");
    return 1;
  }

  const answered = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch {
      // Without the error: it holds the command's arguments, and with them the callee.
      throw unavailable();
    }
  };

  return {
    search: (callee, after) => answered(search(callee, after)),
    async verifications(callee) {
      if ((await answered(client.sismember(memory(callee), complete))) === 0) return null;
      const found = await answered(members(callee, "v"));
      return found.map((member) => {
        const [id = "", app = ""] = member.split(" ");
        return { id, app };
      });
    },
    note: (callee, verifications) =>
      answered(
        remember(
          callee,
          verifications.map((id) => `n ${id}`),
        ),
      ),
    noted: (callee) => answered(members(callee, "n")),
    limits: (callee) =>
      answered(
        (async () => {
          const keys = await members(callee, "k");
          return {
            wrong_checks: await countAll(keys, /:wrong(_long)?$/),
            starts: await countAll(keys, /:starts(_in)?$/),
            caller_ids_shown: await countAll(keys, shown),
            numbers_held: keys.filter((key) => held.test(key)).length,
            live_call: (await client.exists(calleeKey(callee, "live"))) === 1,
            live_check: readTurn(await client.get(calleeKey(callee, checkedLive))),
          };
        })(),
      ),
    eraseLimits: (callee) =>
      answered(
        (async () => {
          const keys = (await members(callee, "k")).filter((key) => shown.test(key) || held.test(key));
          const erased = keys.length === 0 ? 0 : await client.del(...keys);
          return erased + (await eraseLiveCheck(callee));
        })(),
      ),
    async forget(callee) {
      await answered(client.del(memory(callee)));
    },
  };
}

/** As lua/live_check_begin.lua and live_check_end.lua write it. */
function readTurn(turn: string | null): CalleeLimits["live_check"] {
  if (turn === null) return null;
  const [, at, answer] = /^said (\d+) (.*)$/s.exec(turn) ?? [];
  if (at !== undefined) return { at_ms: Number(at), answer: JSON.parse(answer ?? "null") as object | null };
  return { at_ms: Number(/(\d+)$/.exec(turn)?.[1] ?? 0), answer: null };
}
