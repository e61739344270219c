import { describe, expect, it } from "vitest";
import { builtIn } from "../../../src/numbers/built-in-metadata.ts";
import type { Numbers } from "../../../src/numbers/ports.ts";
import { ask, numbers, otherKey, testServer } from "./support.ts";

const lookup = "/v1/numbers/lookup";

describe("looking a number up", () => {
  it("tells what is known", async () => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", lookup, { number: "07911 123456", country: "GB" });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      number: "+447911123456",
      valid: true,
      possible: true,
      reason: null,
      cause: null,
      message: null,
      suggestions: [],
      type: "mobile",
      country: "GB",
      national: "07911 123456",
      international: "+44 7911 123456",
      rfc3966: "tel:+44-7911-123456",
      callable: true,
      network: null,
      health: null,
      live: null,
      metadata: { version: builtIn.version },
    });
  });

  it("answers 200 for what is no number, with the code that a start would get", async () => {
    const refusing: Numbers = {
      examine: (input) => ({
        input,
        e164: null,
        valid: false,
        possible: false,
        type: "unknown",
        country: null,
        national: null,
        international: null,
        callable: false,
        rfc3966: null,
        refusal: { code: "number_invalid", detail: "no digits", cause: "not_a_number" },
      }),
    };
    const { server } = await testServer({ numbers: refusing });
    const answer = await ask(server, "POST", lookup, { number: "?" });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ number: null, valid: false, callable: false, reason: "number_invalid" });
  });

  it.each([{ number: "07400 123456" }, { numbers: ["07400 123456"] }])(
    "%j refuses a country that is none",
    async (what) => {
      const { server } = await testServer();
      const answer = await ask(server, "POST", lookup, { ...what, country: "UK" });
      expect(answer.json()).toMatchObject({
        ...{ status: 400, code: "invalid_request" },
        detail: "`country` UK is not an ISO 3166 country code; did you mean GB?",
      });
    },
  );

  it("asks with the countries of the app", async () => {
    const asked: unknown[] = [];
    const watching: Numbers = {
      examine(input, country, bounds) {
        asked.push([input, country, bounds?.allowedCountries ?? null]);
        return numbers.examine(input, country, bounds);
      },
    };
    const { server } = await testServer({ numbers: watching });
    await ask(server, "POST", lookup, { number: "+44" });
    await ask(server, "POST", lookup, { number: "07", country: "GB" }, { authorization: `Bearer ${otherKey}` });
    expect(asked).toEqual([
      ["+44", null, null],
      ["07", "GB", ["GB"]],
    ]);
  });
});
