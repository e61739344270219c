/** What a developer reads who sends a wrong request. */
import { describe, expect, it } from "vitest";
import { ask, key, testServer } from "./support.ts";

const id = "v03f9mUq0cR2kZs7XbT1yWaJd4";

describe("what is wrong is said in words, not as a schema", () => {
  const to = "+447911123456";
  it.each([
    [{ to, code_length: 1 }, "#/code_length", "must be at least 2"],
    [{ to, code_length: 17 }, "#/code_length", "must be at most 16"],
    [{ to, code: "abc" }, "#/code", "must be 4 to 10 digits"],
    [{ to, workflow: [] }, "#/workflow", "must have at least 1 item"],
    [
      { to, metadata: { ["k".repeat(41)]: "" } },
      `#/metadata/${"k".repeat(41)}`,
      "must have a name of at most 40 characters",
    ],
  ])("%j", async (body, pointer, detail) => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", "/v1/verifications", body);
    expect(answer.json()).toMatchObject({
      detail: "The request body is invalid; see `errors`.",
      errors: [{ pointer, detail }],
    });
  });

  it("a check without a code names the keys of which one is needed", async () => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", `/v1/verifications/${id}/check`, {});
    const detail = "must have exactly one of `code`, `caller_id` and `caller_ids`";
    expect(answer.json().errors).toEqual([{ pointer: "#", detail }]);
  });

  it("an Idempotency-Key that is not ASCII", async () => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", "/v1/verifications", { to }, { "idempotency-key": "caf\u00e9" });
    expect(answer.json().errors).toEqual([{ header: "idempotency-key", detail: "must be printable ASCII characters" }]);
  });

  it("a key that is refused for safety is not called invalid JSON alone", async () => {
    const { server } = await testServer();
    const answer = await server.inject({
      method: "POST",
      url: "/v1/verifications",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      payload: '{"to":"+447911123456","__proto__":{}}',
    });
    expect(answer.json().detail).toContain("`__proto__`");
  });

  it("an address of the client that is none is named with its place", async () => {
    const { server } = await testServer();
    for (const ip of ["192.0.2.256", "[2001:db8::1]", "192.0.2.1:443", "proxy.example"]) {
      const answer = await ask(server, "POST", "/v1/verifications", { to, client: { ip, device: "d" } });
      expect(answer.status).toBe(400);
      expect(answer.json().errors).toEqual([
        { pointer: "#/client/ip", detail: "must be an IPv4 or IPv6 address, without port or brackets" },
      ]);
    }
  });
});
