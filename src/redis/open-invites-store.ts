/** INVITEs under way of all gateways, and the gateways that live. The scripts are in lua/. */
import type { Logger } from "pino";
import type { BatchTimer } from "../shared/batch-timer.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import {
  beatMs,
  deadMs,
  type OpenInvite,
  type OpenInvites,
  type OrphanInvites,
} from "../telephony/sip-trunks/open-invites-port.ts";
import type { Sealing } from "../verification/sealing.ts";
import { gatewaysKey, openInvitesKey } from "./keys.ts";
import type { Reply, RunCommand, RunScript } from "./run.ts";

export type OpenInvitesStore = OpenInvites & OrphanInvites;

/** Four beats: no gateway said that it lives. */
const gapMs = 2000;
/** For gateways to connect again: their back-off ends at 1.1 s, and then the next beat comes. */
const comeBackMs = 2000;
/** A gateway that took orphans has canceled them by then, connections included. */
const takenMs = 5000;
const maxTaken = 200;
/** What no gateway lives to take: far above the longest call. Renewed while the gateway lives. */
const keptMs = 600_000;
/** Ends that could not be written yet. */
const maxEnded = 100_000;
const logEveryMs = 60_000;
const formatVersion = 1;

export interface OpenInvitesParts {
  readonly run: RunScript;
  readonly command: RunCommand;
  /** Hands what was written to the kernel. */
  readonly flush: () => void;
  readonly sealing: Pick<Sealing, "seal" | "open">;
  /** Ends are written with it: none is urgent. */
  readonly batchTimer: Pick<BatchTimer, "next">;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  /** For tests: the time instead of Redis' own. */
  readonly testNow?: (() => number) | null;
}

export function createOpenInvites(parts: OpenInvitesParts): OpenInvitesStore {
  const { run, command, sealing, batchTimer, logger, testNow = null } = parts;
  const clock = steadyClock(parts.clock);
  const gateway = parts.random.bytes(12).toString("base64url");
  const key = openInvitesKey(gateway);
  /** Each INVITE that is not over, and whether it was written. */
  const open = new Map<string, boolean>();
  /** Field and value of each INVITE of this turn. */
  let sent = new Map<string, OpenInvite>();
  let ended: string[] = [];
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  /** When the key got its time last, with a write: a beat's may have found no key. */
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let beats = 0;
  const now = () => testNow?.() ?? "";

  function failed(error: unknown): void {
    if (clock.nowMs() - loggedAtMs < logEveryMs) return;
    loggedAtMs = clock.nowMs();
    // The text only: the error object holds the command's arguments.
    const why = error instanceof Error ? error.message : "unknown";
    logger.warn({ why }, "open calls could not be written: if this gateway dies now, no other one ends them");
  }

  const renew = () => void command("PEXPIRE", key, keptMs).catch(failed);

  function writeSent(): void {
    if (sent.size === 0) return;
    const fields: string[] = [];
    // Then the key may be new: it had no field, or another gateway removed it while this one was frozen.
    const mayBeNew = open.size === sent.size || clock.nowMs() - renewedAtMs >= beatMs;
    for (const [attempt, invite] of sent) {
      fields.push(attempt, sealing.seal(sealedFor(gateway, attempt), write(invite)));
      open.set(attempt, true);
    }
    sent = new Map();
    command("HSET", key, ...fields).catch(failed);
    if (mayBeNew) {
      renewedAtMs = clock.nowMs();
      renew();
    }
    parts.flush();
  }

  function writeEnded(): void {
    const attempts = ended;
    ended = [];
    if (attempts.length === 0) return;
    command("HDEL", key, ...attempts).catch((error: unknown) => {
      failed(error);
      // Nothing else would remove them while this gateway lives.
      if (ended.length < maxEnded) ended.push(...attempts);
    });
  }

  return {
    gateway,
    sent(attempt, invite) {
      sent.set(attempt, invite);
      if (!open.has(attempt)) open.set(attempt, false);
    },
    flush: writeSent,
    over(attempt) {
      const written = open.get(attempt);
      open.delete(attempt);
      sent.delete(attempt);
      // One that was over in the turn in which it was sent was not written at all.
      if (written !== true) return;
      if (ended.length === 0) void batchTimer.next().then(writeEnded);
      ended.push(attempt);
    },
    async beat() {
      if (open.size > 0) renew();
      writeEnded();
      const args = [now(), gateway, deadMs, gapMs, comeBackMs, beats++];
      return [...new Set(((await run("gateway_beat", gatewaysKey, args)) as Reply).map(String))];
    },
    async isDead(other) {
      const [dead] = (await run("gateway_dead", gatewaysKey, [now(), other, deadMs])) as Reply;
      return Number(dead) === 1;
    },
    async take(other) {
      const reply = (await run("orphans_take", openInvitesKey(other), [gateway, takenMs, maxTaken])) as Reply;
      return Array.from({ length: reply.length / 2 }, (_, index) => {
        const attempt = String(reply[index * 2]);
        const text = sealing.open(sealedFor(other, attempt), String(reply[index * 2 + 1]));
        return { attempt, invite: text === null ? null : read(text) };
      });
    },
    async done(other, attempts) {
      const [left] = (await run("orphans_done", openInvitesKey(other), attempts)) as Reply;
      if (Number(left) === 0) await run("gateway_forget", gatewaysKey, [now(), other, deadMs, "dead"]);
    },
    async leave() {
      writeEnded();
      await run("gateway_forget", gatewaysKey, [now(), gateway, deadMs, open.size === 0 ? "gone" : "stops"]);
    },
  };
}

const sealedFor = (gateway: string, attempt: string) => `open invite ${gateway} ${attempt}`;

function write({ sent, trunk, target }: OpenInvite): string {
  const { uri, via, branch, from, to, callId, cseq, routes } = sent;
  const { protocol, address, port, serverName = "" } = target;
  return JSON.stringify([
    ...[formatVersion, trunk, protocol, address, port, serverName],
    ...[uri, via, branch, from, to, callId, cseq, routes],
  ]);
}

/** What was sealed here, so its form is right where its version is. */
function read(text: string): OpenInvite | null {
  const [version, trunk, protocol, address, port, serverName, uri, via, branch, from, to, callId, cseq, routes] =
    JSON.parse(text);
  if (version !== formatVersion) return null;
  const target = { protocol, address, port, ...(serverName === "" ? {} : { serverName }) };
  return { trunk, target, sent: { uri, via, branch, from, to, callId, cseq, routes } };
}
