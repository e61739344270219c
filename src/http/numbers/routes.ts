import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { AppDirectory } from "../../apps/directory.ts";
import type { AppIdentity } from "../../apps/principal.ts";
import { permits } from "../../apps/scopes.ts";
import type { Lookup } from "../../numbers/lookup/ports.ts";
import type { CalleeBounds } from "../../numbers/types.ts";
import { Refusal } from "../../shared/refusal.ts";
import { appOf } from "../auth/app.ts";
import { wantedLanguages } from "./languages.ts";
import { numberBody } from "./representation.ts";
import { LookupBody, NumberBody } from "./schemas.ts";

export function numberRoutes(lookup: Lookup, apps: Pick<AppDirectory, "profileOf">): FastifyPluginAsyncTypebox {
  /** The same bounds as of a start. */
  const boundsOf = ({ name, allowedCountries }: AppIdentity): CalleeBounds => ({
    ...apps.profileOf(name),
    allowedCountries,
  });

  return async (scope) => {
    scope.post(
      "/numbers/lookup",
      {
        schema: {
          operationId: "lookupNumber",
          summary: "Look a number up",
          description:
            "Places no call and costs nothing, except with `live`. An invalid number is a result (`valid: false`), not an error.",
          tags: ["numbers"],
          security: [{ apiKey: [] }],
          body: LookupBody,
          response: { 200: { ...NumberBody, description: "The result." } },
        },
        config: { scope: "lookup", problems: ["not_supported"] },
      },
      async (request) => {
        const { number, country = null, locale, live = false } = request.body;
        const app = appOf(request);
        if (live && !permits(app.scopes, "live_lookup")) {
          throw new Refusal("forbidden", "This API key lacks the scope `live_lookup`, which `live` needs.");
        }
        const languages = wantedLanguages(locale, request.headers["accept-language"]);
        return numberBody(
          await lookup.look({ input: number, country, app: app.name, bounds: boundsOf(app), languages, live }),
        );
      },
    );
  };
}
