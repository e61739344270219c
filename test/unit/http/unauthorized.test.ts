/** A 401 says what is wrong with the header itself, and of a key that was sent only that it is not valid. */
import { describe, expect, it } from "vitest";
import { key, standing, testServer } from "./support.ts";

describe.each([
  ["/v1/stats", "API key"],
  [`/v1/verifications/${standing.id}`, "API key"],
  ["/v1/admin/trunks", "operator key"],
])("GET %s", (url, kind) => {
  const send = `send a valid ${kind} as \`Authorization: Bearer <key>\`.`;
  it.each([
    [undefined, `No \`Authorization\` header was sent; ${send}`],
    [`Basic ${btoa(key)}`, `The \`Authorization\` header does not begin with \`Bearer \`; ${send}`],
    [key, `The \`Authorization\` header does not begin with \`Bearer \`; ${send}`],
    ["Bearer or_unknown", `The key in the \`Authorization\` header is not valid; ${send}`],
    [`bearer ${"x".repeat(1000)}`, `The key in the \`Authorization\` header is not valid; ${send}`],
  ])("with %s", async (authorization, detail) => {
    const { server } = await testServer({ admin: true });
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await server.inject({ method: "GET", url, headers });
    expect(answer.json()).toMatchObject({ status: 401, code: "unauthorized", detail });
  });
});
