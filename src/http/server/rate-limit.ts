/**
 * A limit for runaway clients, in windows of a minute. The limits that protect callees belong to the domain. Not the handler of
 * @fastify/rate-limit: it makes three promises for each request, which cost as much as all our other hooks together.
 */
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LatestMap } from "../../shared/latest-map.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { HttpConfig } from "../config.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** It was counted. */
    counted: boolean;
  }
  interface FastifyInstance {
    /** A hook that counts the request. @param own a separate counter for the routes of this hook; without it the common one */
    rateLimit(own?: object): (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
    /**
     * Counts a request that does the work of several, once that is known: as so many more in the common counter.
     * @throws {Refusal} where they are more than what is left of this minute; then none of them is counted
     */
    countMoreRequests(request: FastifyRequest, reply: FastifyReply, more: number): void;
  }
}

/** Apps and addresses counted at the same time; the least recently seen is dropped first. */
const maxCounted = 10_000;
const windowMs = 60_000;

interface Window {
  /** Monotonic. */
  readonly beganMs: number;
  requests: number;
}

/**
 * Adds `server.rateLimit()`; applies to no route by itself, because it must run after the app is known.
 * Each gateway process counts separately.
 */
export function registerRateLimit(server: FastifyInstance, { rate_limit_per_minute: max }: HttpConfig): void {
  const policy = `"requests";q=${max};w=${windowMs / 1000}`;
  const createHook =
    (windows: LatestMap<string, Window>) =>
    (...args: Parameters<ReturnType<typeof server.rateLimit>>) => {
      const [request, reply, done] = args;
      if (request.counted) return done();
      request.counted = true;
      const nowMs = performance.now();
      const window = count(windows, keyOf(request), nowMs);
      const leftMs = leftOf(window, nowMs);
      const seconds = Math.ceil(leftMs / 1000);
      // As of draft-ietf-httpapi-ratelimit-headers-11.
      reply.header("ratelimit-policy", policy);
      reply.header("ratelimit", `"requests";r=${Math.max(0, max - window.requests)};t=${seconds}`);
      if (window.requests <= max) return done();
      request.quiet = true;
      done(new Refusal("rate_limited", "Too many requests in this minute (http.rate_limit_per_minute).", leftMs));
    };
  const commonWindows = new LatestMap<string, Window>(maxCounted);
  const common = createHook(commonWindows);
  server.decorate("countMoreRequests", (request, reply, more) => {
    const window = commonWindows.get(keyOf(request));
    if (window === undefined || more === 0) return;
    const leftMs = Math.max(0, leftOf(window, performance.now()));
    if (window.requests + more > max) {
      const detail = `This counts as ${more + 1} requests, and ${Math.max(0, max - window.requests) + 1} are left in this minute, of ${max} (http.rate_limit_per_minute): wait, or send a shorter list.`;
      throw new Refusal("rate_limited", detail, leftMs);
    }
    window.requests += more;
    reply.header("ratelimit", `"requests";r=${max - window.requests};t=${Math.ceil(leftMs / 1000)}`);
  });
  server.decorateRequest("counted", false);
  server.decorate("rateLimit", (own?: object) => (own === undefined ? common : createHook(new LatestMap(maxCounted))));
}

function keyOf(request: FastifyRequest): string {
  // Pages are strangers: their requests must not use up what their app's backend may send.
  if (request.holder !== null) return `client ${rateLimit.normalizeIP(request.ip)}`;
  if (request.app !== null) return `app ${request.app.name}`;
  return request.operator === null ? `address ${rateLimit.normalizeIP(request.ip)}` : `operator ${request.operator}`;
}

/** Milliseconds; never more than the window: fractions, added first, would come out as a little more, and so as 61 s. */
function leftOf({ beganMs }: Window, nowMs: number): number {
  return windowMs - (nowMs - beganMs);
}

/** The window of a key, with this request. */
function count(windows: LatestMap<string, Window>, key: string, nowMs: number): Window {
  const known = windows.get(key);
  const isOver = known === undefined || nowMs - known.beganMs >= windowMs;
  const window = isOver ? { beganMs: nowMs, requests: 0 } : known;
  window.requests++;
  windows.set(key, window);
  return window;
}
