/** Routes that apps and operators share (`alsoOperators`): an app sees its own, an operator everything, or one app of choice. */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import { noKey } from "./app.ts";

/**
 * The app that a request may see.
 * @param wanted the app that it asks for
 * @returns null: all apps, which an operator may see
 * @throws {Refusal} `forbidden` where an app asks for another one
 */
export function visibleApp(request: FastifyRequest, wanted: string | undefined): string | null {
  const { app, operator } = request;
  if (app === null && operator === null) throw noKey(request);
  if (app === null) return wanted ?? null;
  if (wanted !== undefined && wanted !== app.name) {
    throw new Refusal("forbidden", "An app's key sees the app's own records only: leave `app` out.");
  }
  return app.name;
}
