import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { numberBody } from "../../../src/http/numbers/representation.ts";
import { createLookup } from "../../../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { refusalCodes } from "../../../src/shared/refusal.ts";
import { testServer } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is walked freely; the assertions are the types
type Json = Record<string, any>;

async function fetchDocument(
  options: Parameters<typeof testServer>[0] = {},
): Promise<{ document: Json; operations: Json[] }> {
  const { server } = await testServer(options);
  const document: Json = (await server.inject("/openapi.json")).json();
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as Json));
  return { document, operations };
}

const clientToken = [{ clientToken: [] }];
/** The routes that take more than a key. */
const tokensOf: Record<string, object[]> = {
  startVerification: [{ startToken: [] }],
  ...{ getVerification: clientToken, streamVerification: clientToken, checkVerification: clientToken },
  ...{ resendVerification: clientToken, cancelVerification: clientToken },
};

describe("the OpenAPI document", () => {
  it("is 3.1 and has every route of the contract, and no other", async () => {
    const { document } = await fetchDocument();
    expect(document.openapi).toBe("3.1.0");
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods as Json).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      "DELETE /v1/lists/{id}",
      "DELETE /v1/webhooks/{id}",
      "GET /.well-known/jwks.json",
      "GET /healthz",
      "GET /metrics",
      "GET /readyz",
      "GET /v1/cdrs",
      "GET /v1/decisions",
      "GET /v1/events",
      "GET /v1/lists",
      "GET /v1/stats",
      "GET /v1/verifications/{id}",
      "GET /v1/verifications/{id}/events",
      "GET /v1/webhooks",
      "GET /v1/webhooks/{id}",
      "GET /v1/webhooks/{id}/dead-letters",
      "GET /v1/webhooks/{id}/deliveries",
      "PATCH /v1/webhooks/{id}",
      "POST /v1/cdrs/search",
      "POST /v1/lists",
      "POST /v1/numbers/lookup",
      "POST /v1/opt-outs/link",
      "POST /v1/proofs/redeem",
      "POST /v1/start-tokens",
      "POST /v1/verifications",
      "POST /v1/verifications/check",
      "POST /v1/verifications/search",
      "POST /v1/verifications/{id}/cancel",
      "POST /v1/verifications/{id}/check",
      "POST /v1/verifications/{id}/resend",
      "POST /v1/webhooks",
      "POST /v1/webhooks/{id}/replay",
      "POST /v1/webhooks/{id}/rotate-secret",
      "POST /v1/webhooks/{id}/test",
    ]);
  });

  it("names every operation once, with a summary and described answers", async () => {
    const { operations } = await fetchDocument();
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const operation of operations) {
      expect(operation.summary).toBeTruthy();
      for (const [status, response] of Object.entries<Json>(operation.responses)) {
        expect(response.description, `${operation.operationId} ${status}`).not.toBe("Default Response");
        expect(response.headers).toHaveProperty("X-Request-Id");
      }
    }
  });

  it("asks for a key under /v1 and nowhere else", async () => {
    const { document } = await fetchDocument();
    expect(document.components.securitySchemes.apiKey).toMatchObject({ type: "http", scheme: "bearer" });
    for (const [path, methods] of Object.entries<Json>(document.paths)) {
      for (const operation of Object.values<Json>(methods)) {
        const tokens = tokensOf[operation.operationId] ?? [];
        expect(operation.security).toEqual(path.startsWith("/v1/") ? [{ apiKey: [] }, ...tokens] : []);
        expect("401" in operation.responses).toBe(path.startsWith("/v1/"));
      }
    }
  });

  it("shows every error code somewhere, as a problem under its status", async () => {
    const { operations } = await fetchDocument({ admin: true });
    const shown = new Set<string>();
    for (const operation of operations) {
      for (const [status, response] of Object.entries<Json>(operation.responses)) {
        // 204 has no content.
        const media = response.content?.["application/problem+json"];
        for (const [code, example] of Object.entries<Json>(media?.examples ?? {})) {
          expect(example.value).toMatchObject({ code, status: Number(status) });
          shown.add(code);
        }
      }
    }
    expect([...shown].sort()).toEqual([...refusalCodes, "internal_error"].sort());
  });

  it("has Retry-After with every 429 and 503 of the API, WWW-Authenticate with 401, Idempotency-Key with a start", async () => {
    const { document } = await fetchDocument();
    const start = document.paths["/v1/verifications"].post;
    expect(start.responses["429"].headers).toHaveProperty("Retry-After");
    expect(start.responses["503"].headers).toHaveProperty("Retry-After");
    expect(start.responses["401"].headers).toHaveProperty("WWW-Authenticate");
    expect(start.parameters).toContainEqual(expect.objectContaining({ in: "header", name: "idempotency-key" }));
    expect(start.requestBody.required).toBe(true);
    expect(document.paths["/v1/verifications/{id}/resend"].post.requestBody.required).toBe(false);
  });

  it("has only references that lead somewhere, and schemas that are valid", async () => {
    const { document } = await fetchDocument();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(
        reference.split("/").reduce((node: Json | undefined, part) => node?.[part], document),
        reference,
      ).toBeDefined();
    }
    const ajv = new Ajv2020({ strict: false });
    for (const schema of Object.values(document.components.schemas))
      expect(ajv.validateSchema(schema as Json)).toBe(true);
  });

  it("has only examples that its own schemas accept", async () => {
    const { document, operations } = await fetchDocument();
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: "document", ...document });
    const resolve = (schema: Json) => (schema.$ref ? { $ref: `document${schema.$ref}` } : schema);
    let examples = 0;
    for (const operation of operations) {
      const bodies = [operation.requestBody, ...Object.values<Json>(operation.responses)];
      for (const media of bodies.flatMap((body) => Object.values<Json>(body?.content ?? {}))) {
        const schema = resolve(media.schema);
        const own = media.schema.$ref ? document.components.schemas[media.schema.$ref.split("/").at(-1)] : {};
        const values = [
          ...(own.examples ?? []),
          ...("example" in media ? [media.example] : []),
          ...Object.values<Json>(media.examples ?? {}).map(({ value }) => value),
        ];
        for (const value of values) {
          examples++;
          expect(ajv.validate(schema, value), `${operation.operationId}: ${ajv.errorsText()}`).toBe(true);
        }
      }
    }
    expect(examples).toBeGreaterThan(40);
    // The text of metrics has no schema, an answer 204 no body.
    const withBody = operations.filter((each) => each.operationId !== "metrics" && !("204" in each.responses));
    for (const operation of withBody) {
      const { content } = Object.values<Json>(operation.responses)[0] ?? {};
      const ok = content["application/json"] ?? content["text/event-stream"];
      expect("example" in ok || "examples" in ok, operation.operationId).toBe(true);
    }
  });

  it("shows as the result of its look-up example what the gateway finds: a mobile of the country that it names", async () => {
    const { document } = await fetchDocument();
    const { requestBody, responses } = document.paths["/v1/numbers/lookup"].post;
    const { number, country } = requestBody.content["application/json"].example;
    const expected = responses["200"].content["application/json"].example;
    const numbers = createNumbers({
      ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
      fixed_line_or_mobile: "allow",
    });
    const found = createLookup({ numbers }).known({ input: number, country, bounds: null, languages: [] });
    expect(numberBody(found)).toEqual(expected);
    expect(found.facts).toMatchObject({ country, type: "mobile", callable: true });
  });
});
