/** The store of verifications: each method is one script, one round trip. The scripts are in lua/. */
import type { HistoryStore } from "../events/history.ts";
import type { VerificationSettings } from "../verification/config.ts";
import type { Status } from "../verification/machine.ts";
import type {
  BeginDelivery,
  CalleeLimit,
  ChangeResult,
  DueStep,
  KeyReservation,
  Seen,
  VerificationStore,
} from "../verification/store-port.ts";
import { keptOf, readLine } from "./kept-events.ts";
import { calleeKey, dueKey, idempotencyKey, shardOfKey, shards, verificationKey } from "./keys.ts";
import { writeNetwork } from "./network-text.ts";
import { readSimulated, readValues, writeClient, writeGuard, writeJson, writeSteps } from "./record.ts";
import { readBeginAnswer, readCheck, readScriptAnswer, readSeen, unreadable } from "./replies.ts";
import type { Reply, RunScript } from "./run.ts";

/**
 * @param written called with the shard of each reply that may mean new events
 * @param testNowMs the current time for scripts; in production null: Redis' own, because the clocks of gateways differ
 */
export function createVerificationStore(
  runScript: RunScript,
  settings: VerificationSettings,
  written: (shard: number) => void,
  testNowMs: (() => number) | null,
): VerificationStore & HistoryStore {
  const run: RunScript = (name, key, args) =>
    runScript(name, key, args).then((reply) => {
      if (hasEvents(reply as Reply)) written(shardOfKey(key));
      return reply;
    });
  const idempotencyTtlMs = settings.idempotency_ttl_seconds * 1000;
  const now = () => (testNowMs === null ? "" : testNowMs());

  return {
    shards,
    shardOf: (id) => shardOfKey(verificationKey(id)),

    async begin(delivery, args) {
      const { mode, app, id, channel, callee, to, country, reference, metadata, session } = delivery;
      const common = [now(), app, id, mode, callee.hash, to, country ?? "", reference ?? "", writeJson(metadata)];
      const own = [session ?? "", channel, extrasOf(delivery), ...args];
      const script = delivery.simulated === null ? `${channel}.start` : "begin_simulated";
      const reply = await run(script, verificationKey(id), [...common, ...own]);
      return readBeginAnswer(id, reply as Reply);
    },

    async run(channel, script, { app, id }, args) {
      const reply = await run(`${channel}.${script}`, verificationKey(id), [now(), app, id, ...args]);
      return readScriptAnswer(id, reply as Reply);
    },

    async runOnCallee(channel, script, callee, name, args) {
      const reply = await run(`${channel}.${script}`, calleeKey(callee, name), [now(), ...args]);
      return readScriptAnswer("", reply as Reply);
    },

    async limitOn(app, callee, attempts) {
      return readLimit((await run("limit_on", calleeKey(callee), [now(), app, callee.hash, attempts])) as Reply);
    },

    async reserveCallee({ app, callee, id, channel, automatic, codeMs, rings }) {
      const args = [now(), app, callee.hash, id, channel, automatic ? 1 : 0, codeMs, rings ? 1 : 0];
      const reply = (await run("reserve_callee", calleeKey(callee), args)) as Reply;
      return readLimit(reply) ?? { renewed: reply[1] === 1 };
    },

    async settleCallee({ app, callee, id, channel }, result) {
      const { how } = result;
      const own = how === "refused" ? [result.renewed ? 1 : 0, 0] : [result.token, how === "begun" ? result.ringMs : 0];
      await run("settle_callee", calleeKey(callee), [now(), app, callee.hash, id, channel, how, ...own]);
    },

    async countCallee({ app, callee, id, channel }, wrongChecks, ended) {
      const args = [now(), app, callee.hash, id, channel, ended ? "ended" : "checked", wrongChecks, 0];
      await run("settle_callee", calleeKey(callee), args);
    },

    async read(app, id, person = false) {
      return readFound(id, (await run("read", verificationKey(id), [now(), app, person ? 1 : 0])) as Reply);
    },

    async cancel(app, id) {
      return readFound(id, (await run("cancel", verificationKey(id), [now(), app])) as Reply);
    },

    async check(app, id, guess) {
      const args = [now(), app, id, guess.codeHash, guess.codeLength, guess.byNumber ? 1 : 0];
      return readCheck(id, (await run("check", verificationKey(id), args)) as Reply);
    },

    async change({ app, id, attempt, event, reason, result, mayStillRing = false, remainingMs = null, cost }) {
      const args = [now(), app, id, attempt, event, reason ?? "", writeJson(result), mayStillRing ? 1 : 0];
      const reply = (await run("change", verificationKey(id), [...args, remainingMs ?? "", priceOf(cost)])) as Reply;
      return readChange(id, reply);
    },

    async refuseStep({ app, id, step, channel, to, reason }) {
      const args = [now(), app, step, channel, to ?? "", reason];
      const reply = (await run("refuse_step", verificationKey(id), args)) as Reply;
      return reply[0] === "stale" ? { kind: "stale" } : readChange(id, reply);
    },

    async erase(id, force) {
      const reply = (await run("erase", verificationKey(id), [idempotencyTtlMs, now(), force ? 1 : 0])) as Reply;
      const [kind, app] = reply;
      if (kind === "open") return { kind, app: String(app) };
      if (kind === "erased" || kind === "gone" || kind === "live") return { kind };
      throw unreadable(kind);
    },

    async findOpen(app, callee) {
      const reply = (await run("find_open", calleeKey(callee, `open:${app}`), [now(), app])) as Reply;
      const found = Array.from({ length: reply.length / 3 }, (_, index) => reply.slice(index * 3, index * 3 + 3));
      return found.map(([id, session, simulated]) => ({
        ...{ id: String(id), session: session ? String(session) : null },
        simulated: readSimulated(String(simulated)),
      }));
    },

    async countBlindCheck(app, callee) {
      const [counted] = (await run("blind_check", calleeKey(callee, `blind:${app}`), [now()])) as Reply;
      return Number(counted);
    },

    async settleDue(shard, most, takesSteps, passedOver) {
      const args = [now(), most, takesSteps ? 1 : 0, passedOver];
      const [looked, left, ...found] = (await run("due", dueKey(shard), args)) as unknown as DueReply;
      const seen: Seen[] = [];
      const steps: DueStep[] = [];
      for (let i = 0; i < found.length; i += 2) {
        const reply = found[i + 1] as Reply;
        const one = readSeen(found[i] as string, reply);
        if (reply[0] === "step") steps.push({ step: Number(reply[1]), verification: one.verification });
        else seen.push(one);
      }
      return { seen, steps, left, more: looked >= most };
    },

    async history(app, id) {
      const reply = (await runScript("history", verificationKey(id), [app])) as Reply;
      const [kind, lines] = reply;
      if (kind === "not_found") return null;
      // One that an older gateway moved has no line.
      const events = String(lines)
        .split("\n")
        .flatMap((line, index) => (line === "" ? [] : [readLine(line, index + 1)]));
      return keptOf(id, events, readValues(reply[3]));
    },

    async reserve({ key, fingerprint, id }) {
      const args = [fingerprint, id, idempotencyTtlMs, now()];
      return readReservation((await run("reserve", idempotencyKey(key), args)) as Reply);
    },

    async release({ key, id }) {
      const [removed] = (await run("release", idempotencyKey(key), [id])) as Reply;
      return removed === 1;
    },
  };
}

/** Whether its script may have written events; those of a reply that says nothing of them are found by the relay's next look. */
function hasEvents([kind, , endedNow]: Reply): boolean {
  return kind === "begun" || kind === "noted" || endedNow === 1 || typeof kind === "number";
}

function readLimit(reply: Reply): { limit: CalleeLimit; retryAfterMs: number } | null {
  if (reply[0] === "free") return null;
  const answer = readScriptAnswer("", reply);
  if (answer.kind !== "limited") throw unreadable(answer.kind);
  return answer;
}

/** ARGV[12] of lua/includes/begin.lua; '' where there is nothing in it, as for most deliveries. */
function extrasOf(delivery: BeginDelivery): string {
  const { cost, recipient, step, workflow, client, guard, network, bounds, simulated } = delivery;
  const { ttlMs = null, maxChecks = null, maxDeliveries = null } = bounds ?? {};
  const values = [cost, recipient, step, workflow, client, guard, ttlMs, maxChecks, maxDeliveries, simulated];
  if (network === undefined && values.every((value) => value === null)) return "";
  const { steps, person, locale, sealedCode, sealedSession, refused } = workflow ?? {};
  return JSON.stringify({
    ...(simulated !== null && { simulated }),
    ...(cost !== null && { cost: String(cost) }),
    ...(client !== null && { client: writeClient(client) }),
    ...(guard !== null && { guard: writeGuard(guard) }),
    ...(network !== undefined && { network: writeNetwork(network) }),
    ...(recipient !== null && { to: recipient.to, callee: recipient.callee.hash }),
    ...(step !== null && { step }),
    ...(ttlMs !== null && { ttl: ttlMs }),
    ...(maxChecks !== null && { checks: maxChecks }),
    ...(maxDeliveries !== null && { most: maxDeliveries }),
    ...(steps && steps.length > 1 && { steps: writeSteps(steps), person }),
    ...(locale && { locale }),
    ...(sealedCode && { sealed: sealedCode }),
    ...(sealedSession && { sealed_session: sealedSession }),
    ...(refused &&
      refused.length > 0 && {
        refused: refused.map(({ channel, to, reason }) => ({ channel, reason, ...(to !== null && { to }) })),
      }),
  });
}

type DueReply = readonly [looked: number, left: number, ...found: readonly (string | Reply)[]];

function readFound(id: string, reply: Reply): ({ readonly kind: "seen" } & Seen) | { readonly kind: "not_found" } {
  if (reply[0] === "not_found") return { kind: "not_found" };
  if (reply[0] === "seen") return { kind: "seen", ...readSeen(id, reply) };
  throw unreadable(reply[0]);
}

function readChange(id: string, reply: Reply): ChangeResult {
  const [kind, status, partsDelivered, seq, step, channel, state] = reply;
  if (kind !== "noted") return readFound(id, reply);
  return {
    ...{ kind, status: status as Status, partsDelivered: Number(partsDelivered), seq: Number(seq) },
    ...{ step: Number(step) < 0 ? null : Number(step), channel: String(channel), state: String(state) },
  };
}

function readReservation([kind, id, mayBeForgotten]: Reply): KeyReservation {
  if (kind === "new" || kind === "reused") return { kind };
  if (kind === "known") return { kind, id: String(id), mayBeForgotten: mayBeForgotten === 1 };
  throw unreadable(kind);
}

/** As change.lua takes it. */
function priceOf(cost: number | null | undefined): string {
  return cost === undefined ? "" : cost === null ? "-" : String(cost);
}
