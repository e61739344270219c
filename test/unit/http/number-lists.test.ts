/** Several numbers in one lookup, and what a lookup needs. */
import { describe, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { createLookup } from "../../../src/numbers/lookup/lookup.ts";
import type { Lookup } from "../../../src/numbers/lookup/ports.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ask, key, refusing, testServer } from "./support.ts";

const url = "/v1/numbers/lookup";
const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [], fixed_line_or_mobile: "allow" },
});
const given = ["07400 123456", "+44 07400 123456", "hello", "+33 6 12 34 56 78"];
const expected = [
  { number: "+447400123456", callable: true, suggestions: [], message: null },
  {
    number: null,
    reason: "number_invalid",
    cause: "national_prefix",
    suggestions: [{ number: "+447400123456", reason: "national_prefix" }],
  },
  { number: null, callable: false, message: "This is not a phone number. Enter digits only." },
  { number: "+33612345678", country: "FR", rfc3966: "tel:+33-6-12-34-56-78" },
];

describe("a list of numbers", () => {
  it("is answered in its order, each as alone", async () => {
    const { server } = await testServer({ numbers });
    const answer = await ask(server, "POST", url, { numbers: given, country: "GB" });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.json().numbers).toMatchObject(expected);
    for (const [index, number] of given.entries()) {
      const alone = await ask(server, "POST", url, { number, country: "GB" });
      expect(answer.json().numbers[index]).toEqual(alone.json());
    }
  });

  it("comes as NDJSON where the client asks for it", async () => {
    const { server } = await testServer({ numbers });
    const asNdjson = async (accept: string) => ask(server, "POST", url, { numbers: given, country: "GB" }, { accept });
    const answer = await asNdjson("application/json;q=0.5, application/x-ndjson");
    expect(answer.headers).toMatchObject({ "content-type": "application/x-ndjson; charset=utf-8", vary: "accept" });
    const lines = answer.text.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(expected);
    const refused = await asNdjson("application/x-ndjson;q=0");
    expect(refused.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("has up to 1000 numbers, of any text", async () => {
    const { server } = await testServer({ numbers });
    const many = Array.from({ length: 1000 }, (_, n) => (n % 2 === 0 ? "" : `+44 7400 12345${n % 10}`.padEnd(64)));
    const answer = await ask(server, "POST", url, { numbers: many, country: "GB", locale: "en" });
    expect(answer.status).toBe(200);
    expect(answer.json().numbers).toHaveLength(1000);
    for (const wrong of [[...many, "1"], []]) {
      const refused = await ask(server, "POST", url, { numbers: wrong });
      expect(refused).toMatchObject({ status: 400 });
      expect(refused.json().errors[0].pointer).toBe("#/numbers");
    }
    const large = await ask(server, "POST", url, { numbers: ["1".repeat(140_000)] });
    expect(large.status).toBe(413);
    expect(large.json().detail).toBe("The request body is larger than 131072 bytes.");
  });

  it("counts each number as a request, and none of a list that is refused", async () => {
    const { server } = await testServer({ numbers, http: { rate_limit_per_minute: 10 } });
    const first = await ask(server, "POST", url, { numbers: given });
    expect(first.headers.ratelimit).toMatch(/^"requests";r=6;t=\d+$/);
    const tooMany = await ask(server, "POST", url, { numbers: [...given, ...given] });
    expect(tooMany.status).toBe(429);
    expect(tooMany.json()).toMatchObject({ code: "rate_limited", detail: expect.stringContaining("counts as 8 req") });
    expect(Number(tooMany.headers["retry-after"])).toBeGreaterThan(50);
    const rest = await ask(server, "POST", url, { numbers: given });
    expect(rest.status).toBe(200);
    expect(rest.headers.ratelimit).toMatch(/^"requests";r=1;t=\d+$/);
  });

  it("is broken off where a part fails, so that it does not look whole", async () => {
    const lookup = createLookup({ numbers });
    const failing: Lookup = {
      ...lookup,
      look: (asked) => (asked.input === "bad" ? Promise.reject(new Error("away")) : lookup.look(asked)),
    };
    const { server } = await testServer({ numbers, lookup: failing });
    const good = Array.from({ length: 60 }, () => "+447400123456");
    const answer = ask(server, "POST", url, { numbers: [...good, "bad"] });
    await expect(answer.then(({ json }) => json())).rejects.toThrow();
    // Before the first byte it can still be said.
    expect(await ask(server, "POST", url, { numbers: ["bad"] })).toMatchObject({ status: 500 });
  });
});

describe("a lookup", () => {
  it.each([
    [{}, "#/number", "is missing"],
    [{ number: "1", numbers: ["1"] }, "#/numbers", "does not go with `number`"],
    [{ numbers: ["1"], live: true }, "#/live", "does not go with `numbers`"],
    [{ number: "" }, "#/number", "must not be empty"],
  ])("%j is refused", async (body, pointer, detail) => {
    const { server } = await testServer({ numbers });
    const answer = await ask(server, "POST", url, body);
    expect(answer.status).toBe(400);
    expect(answer.json().errors).toEqual([{ pointer, detail }]);
  });

  it("speaks the language of the body, else of the header in its order of quality", async () => {
    const { server } = await testServer({ numbers });
    const message = async (body: object, accept?: string) =>
      (await ask(server, "POST", url, { number: "x", ...body }, accept ? { "accept-language": accept } : {})).json()
        .message;
    expect(await message({})).toBe("This is not a phone number. Enter digits only.");
    expect(await message({}, "fr;q=0.3, xx, de-CH;q=0.8")).toMatch(/^Das ist keine/);
    expect(await message({ locale: "id" }, "de")).toMatch(/^Ini bukan/);
    expect(await message({ locale: "xx" }, "de")).toMatch(/^Das ist keine/);
    expect(await message({}, "de;q=0, fr;q=0.1, *")).toMatch(/^Ce n'est pas/);
    expect(await message({}, `${"x".repeat(10_000)},;;=,q`)).toMatch(/^This is/);
  });

  it("completes a national number by the region of the client's language", async () => {
    const { server } = await testServer({ numbers });
    const answer = await ask(server, "POST", url, { number: "07400 123456" }, { "accept-language": "en-GB,en;q=0.9" });
    expect(answer.json().suggestions).toEqual([{ number: "+447400123456", reason: "missing_country_code" }]);
  });

  it("asks the network only where the gateway can, and the key may", async () => {
    const { server } = await testServer({ numbers });
    const refused = await ask(server, "POST", url, { number: "+447400123456", live: true });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.json()).toMatchObject({ code: "not_supported" });
  });

  it("judges by the app's prefixes, as a start does", async () => {
    const shop = { api_keys_sha256: [apiKeyHash(key)], denied_prefixes: ["+4474"] };
    const { server } = await testServer({ numbers, apps: { shop } });
    const answer = await ask(server, "POST", url, { number: "+447400123456" });
    expect(answer.json()).toMatchObject({ callable: false, cause: "prefix_not_allowed" });
  });
});

it("the refusal of a start carries suggestions, and no log has them", async () => {
  const members = { suggestions: [{ number: "+447400123456", reason: "national_prefix" }] };
  const refusal = new Refusal("number_invalid", "because of this", null, members);
  const { server, log } = await testServer({ verifications: refusing(refusal) });
  const answer = await ask(server, "POST", "/v1/verifications", { to: "+4407400123456" });
  expect(answer.status).toBe(422);
  expect(answer.json()).toMatchObject({ code: "number_invalid", ...members });
  expect(log.join()).not.toContain("7400123456");
  expect(JSON.stringify({ ...refusal })).not.toContain("7400123456");
});
