import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { AppDirectory } from "../../apps/directory.ts";
import type { AppIdentity } from "../../apps/principal.ts";
import { permits } from "../../apps/scopes.ts";
import type { Lookup } from "../../numbers/lookup/ports.ts";
import type { CalleeBounds } from "../../numbers/types.ts";
import { Refusal } from "../../shared/refusal.ts";
import { appOf } from "../auth/app.ts";
import { invalidBody } from "../errors/parts.ts";
import type { RequestRefusal } from "../errors/request-refusal.ts";
import { countryOf } from "../request-parts.ts";
import { wantedLanguages } from "./languages.ts";
import { formOf, listBody } from "./list.ts";
import { goneSignal } from "./live-schema.ts";
import { numberBody } from "./representation.ts";
import { LookupBody, lookupBodyBytes, lookupBodyParts, NumberBody, NumbersBody, numberExample } from "./schemas.ts";

const lookupResponse = {
  200: {
    description: "The result; with `numbers` a list of results.",
    content: {
      "application/json": {
        schema: Type.Union([NumberBody, NumbersBody], { title: "LookupResult" }),
        example: numberExample,
      },
      "application/x-ndjson": { schema: { type: "string" } },
    },
  },
};

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
        // One result in the form of its schema; a list writes itself.
        serializerCompiler: () => (result) => JSON.stringify(result),
        bodyLimit: lookupBodyBytes,
        schema: {
          operationId: "lookupNumber",
          summary: "Look numbers up",
          description:
            "Places no call and costs nothing, except with `live`. An invalid number is a result (`valid: false`), not an error.",
          tags: ["numbers"],
          security: [{ apiKey: [] }],
          body: LookupBody,
          response: lookupResponse,
        },
        config: { scope: "lookup", problems: ["not_supported"], maxBodyParts: lookupBodyParts },
      },
      async (request, reply) => {
        const { number, numbers, country = null, locale, live = false } = request.body;
        const app = appOf(request);
        if ((number === undefined) === (numbers === undefined)) throw oneOfBoth(number === undefined);
        // The same for all numbers, and no fault of the person who typed one.
        if (country !== null) countryOf(country);
        if (live && numbers !== undefined) throw invalidBody("/live", "does not go with `numbers`");
        if (live && !permits(app.scopes, "live_lookup")) {
          throw new Refusal("forbidden", "This API key lacks the scope `live_lookup`, which `live` needs.");
        }
        const languages = wantedLanguages(locale, request.headers["accept-language"]);
        const about = { country, app: app.name, bounds: boundsOf(app), languages, live };
        if (number !== undefined) {
          return numberBody(await lookup.look({ ...about, input: number, ...(live && { gone: goneSignal(reply) }) }));
        }
        const inputs = numbers ?? [];
        scope.countMoreRequests(request, reply, inputs.length - 1);
        const form = formOf(request.headers.accept);
        reply.header("content-type", form.contentType).header("vary", "accept");
        return reply.send(listBody(inputs, (input) => lookup.look({ ...about, input }), form));
      },
    );
  };
}

function oneOfBoth(isMissing: boolean): RequestRefusal {
  return isMissing ? invalidBody("/number", "is missing") : invalidBody("/numbers", "does not go with `number`");
}
