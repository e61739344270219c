/**
 * How many connections a mail server lets us have at once: as configured, or as many as were open when it refused a further
 * one for the time being (RFC 5321 § 4.2.2: 421 closes that connection, and says nothing of the others). After a while one
 * more is tried.
 */
import { backoffMs } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";

const retryBackoff = { firstMs: 1000, longestMs: 60_000 };

export interface ConnectionLimit {
  /** 0: one more may be used; else the time in ms after which one may; infinite where only one that ends helps. */
  waitMs(inUse: number): number;
  /** The server refused one beside so many others. @returns false where it was under way as another one was refused */
  refused(others: number): boolean;
  /** So many are open. */
  opened(connections: number): void;
}

/** @param clock a steady one */
export function createConnectionLimit(configured: number, clock: Clock, random: Random): ConnectionLimit {
  let limit = configured;
  let refusals = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    waitMs(inUse) {
      if (inUse >= configured) return Number.POSITIVE_INFINITY;
      return inUse < limit ? 0 : Math.max(0, untilMs - clock.nowMs());
    },
    refused(others) {
      const nowMs = clock.nowMs();
      if (nowMs < untilMs) {
        limit = Math.min(limit, others);
        return false;
      }
      refusals += 1;
      limit = others;
      untilMs = nowMs + backoffMs(refusals, random, retryBackoff);
      return true;
    },
    opened(connections) {
      if (connections <= limit) return;
      [limit, refusals, untilMs] = [configured, 0, Number.NEGATIVE_INFINITY];
    },
  };
}
