/** The queue of webhook deliveries, for all gateways: each method is one script, one round trip. The scripts are in lua/. */
import type {
  Claim,
  DueAnswer,
  QueueSettings,
  Settled,
  Turn,
  WaitingDeadLetter,
  WebhookQueue,
} from "../webhooks/queue-port.ts";
import type { DeadReason } from "../webhooks/types.ts";
import { webhookDueKey, webhookQueueKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** So many different verifications must fail, without a delivery between them, until an endpoint counts as down. */
const circuitThreshold = 5;
const firstOpenMs = 5000;
/** After a long outage an endpoint is found to be back within this time. */
const longestOpenMs = 300_000;
/** How long an endpoint is put off while a gateway looks at it: that long it takes where the gateway dies. */
const takenMs = 2000;
/** Lanes that are ended in one run: about a millisecond of Redis. */
const clearedAtOnce = 200;
/** Dead letters that are looked through in one run: about 300 KB. */
const lettersAtOnce = 200;
/** Longer than a gateway holds what it read: a page of dead letters on its way to records, or back into the queue. */
const erasedMs = 3_600_000;
/** Values of a turn before its claims, and of each claim. */
const turnValues = 6;
const claimValues = 4;

/**
 * @param token unique for each call: names the claims of one turn
 * @param jitter draws a factor around 1, so that circuits of many endpoints do not end together
 */
export function createWebhookQueue(
  run: RunScript,
  settings: QueueSettings,
  options: { readonly token: () => string; readonly jitter: () => number },
): WebhookQueue {
  const { longestMs, mostQueued, mostDead, triesKept, claimMs } = settings;
  const ask = async (script: string, endpoint: string, args: readonly (string | number)[]) =>
    (await run(`webhook_${script}`, webhookQueueKey(endpoint), args)) as Reply;

  async function clear(endpoint: string, reason: DeadReason | ""): Promise<void> {
    for (let left = 1; left > 0; ) {
      left = Number((await ask("clear", endpoint, [reason, clearedAtOnce, mostDead]))[0]);
    }
  }

  async function turn(endpoint: string, settled: readonly Settled[], most: number): Promise<Turn> {
    const token = options.token();
    const factor = options.jitter();
    const reply = await ask("turn", endpoint, [
      ...[token, most, claimMs, longestMs, mostDead, triesKept, circuitThreshold],
      ...[Math.round(firstOpenMs * factor), Math.round(longestOpenMs * factor)],
      ...settled.flatMap(({ lane, token: own, outcome, delayMs, entry }) => [lane, own, outcome, delayMs, entry]),
    ]);
    return readTurn(reply, token);
  }

  return {
    turn,
    async append(endpoint, events) {
      const values = events.flatMap(({ source, lane, body }) => [
        source?.shard ?? "",
        source?.position ?? "",
        lane,
        body,
      ]);
      const [added, dropped] = await ask("append", endpoint, [mostQueued, mostDead, ...values]);
      return { added: Number(added), dropped: Number(dropped) };
    },

    async renew(endpoint, claims) {
      await ask("renew", endpoint, [claimMs, ...claims.flatMap(({ lane, token }) => [lane, token])]);
    },

    bury: (endpoint, reason) => clear(endpoint, reason),
    remove: (endpoint) => clear(endpoint, ""),
    async forget(endpoint, verifications) {
      if (verifications.length === 0) return 0;
      let forgotten = 0;
      for (let skip = 0; skip >= 0; ) {
        const reply = await ask("erase", endpoint, [skip, lettersAtOnce, erasedMs, ...verifications]);
        forgotten += Number(reply[0]);
        skip = Number(reply[1]);
      }
      return forgotten;
    },

    async deadLetters(endpoint, most) {
      return (await ask("dead", endpoint, [most])).flatMap((raw) => readDeadLetter(String(raw)) ?? []);
    },
    async dispose(endpoint, letters) {
      if (letters.length === 0) return [];
      return (await ask("dead", endpoint, [0, ...letters.map(({ raw }) => raw)])).map(String);
    },

    async log(endpoint, entry) {
      // Of no claim: a turn only keeps its entry.
      await turn(endpoint, [{ lane: "", token: "-", outcome: "retry", delayMs: 0, entry }], 0);
    },
    async tries(endpoint, before, most) {
      const reply = await ask("tries", endpoint, [before ?? "", most]);
      return pairs(reply).map(([id, entry]) => ({ id, entry }));
    },

    async due(changes, most) {
      const values = changes.flatMap(({ endpoint, dueMs, taken }) => [endpoint, dueMs ?? "", taken ?? ""]);
      const reply = (await run("webhook_due", webhookDueKey, [most, takenMs, ...values])) as Reply;
      const endpoints = pairs(reply.slice(2)).map(([endpoint, taken]) => ({ endpoint, taken }));
      return { version: String(reply[0]), nextMs: orNull(reply[1]), endpoints } satisfies DueAnswer;
    },

    async status(endpoint) {
      const [queued, oldestMs, dead, open] = await ask("status", endpoint, []);
      return { queued: Number(queued), oldestMs: orNull(oldestMs), dead: Number(dead), open: open === 1 };
    },
  };
}

function readTurn(reply: Reply, token: string): Turn {
  const [nextMs, queued, dead, failingMs, open, dropped] = reply;
  const claims: Claim[] = [];
  for (let i = turnValues; i < reply.length; i += claimValues) {
    const [lane, tries, queuedMs, body] = reply.slice(i, i + claimValues);
    claims.push({ lane: String(lane), token, tries: Number(tries), queuedMs: Number(queuedMs), body: String(body) });
  }
  return {
    ...{ claims, nextMs: orNull(nextMs), queued: Number(queued), dead: Number(dead) },
    ...{ failingMs: orNull(failingMs), open: open === 1, dropped: Number(dropped) },
  };
}

/** As lua/includes/webhook.lua writes it. */
function readDeadLetter(raw: string): WaitingDeadLetter | null {
  const [, endedAt, reason, tries, queuedAt, body] = /^(\d+) (\w+) (\d+) (\d+) (.*)$/s.exec(raw) ?? [];
  if (body === undefined) return null;
  return {
    ...{ raw, reason: reason as DeadReason, tries: Number(tries), body },
    ...{ queuedAtMs: Number(queuedAt), endedAtMs: Number(endedAt) },
  };
}

function pairs(reply: Reply): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < reply.length; i += 2) found.push([String(reply[i]), String(reply[i + 1])]);
  return found;
}

/** Scripts say -1 for "none". */
function orNull(value: string | number | undefined): number | null {
  return Number(value) < 0 ? null : Number(value);
}
