/** How many requests of one kind an app, or an operator, may have in progress on this gateway: what is slow is shared by all. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../../shared/refusal.ts";

/** Most of each kind. A page of a console asks for a handful at once. */
const most = {
  /** Reads of the records, of which a gateway has 500 waiting at most: one app could make them unavailable to all. */
  records: 16,
  /** Each may hold a connection to a slow receiver until `webhooks.deadline_ms`. */
  webhook_test: 4,
} as const;

declare module "fastify" {
  interface FastifyContextConfig {
    /** The kind by which requests in progress are bounded. */
    atOnce?: keyof typeof most;
  }
}

/** Soon: what holds a place has deadlines of seconds. */
const comeBackMs = 1000;

/** Refuses requests above the bound with `rate_limited`. Call it where the app is known: after `requireApp`. */
export function boundAtOnce(scope: FastifyInstance): void {
  const inProgress = new Map<string, number>();
  scope.addHook("preHandler", (request, { raw }, done) => {
    const kind = request.routeOptions.config.atOnce;
    // One whose client has gone ends without `close`.
    if (kind === undefined || raw.closed) return done();
    const key = `${kind} ${ownerOf(request)}`;
    const before = inProgress.get(key) ?? 0;
    if (before >= most[kind]) {
      const detail = `${before} such requests of yours are in progress on this gateway, as many as may be: send the next one after an answer.`;
      return done(new Refusal("rate_limited", detail, comeBackMs));
    }
    inProgress.set(key, before + 1);
    raw.once("close", () => {
      const left = (inProgress.get(key) ?? 1) - 1;
      if (left > 0) inProgress.set(key, left);
      else inProgress.delete(key);
    });
    done();
  });
}

/** Whose bounds a request counts towards: the app's, or the operator's. */
export function ownerOf({ app, operator }: Pick<FastifyRequest, "app" | "operator">): string {
  return app === null ? `operator ${operator}` : `app ${app.name}`;
}
