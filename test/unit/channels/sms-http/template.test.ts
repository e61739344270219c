/** Filling a request: whatever a text or a sender holds, it stays one value. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requestTemplate, unknownPlaceholders, type Values } from "../../../../src/channels/sms/http/template.ts";

const values: Values = {
  ...{ to: "+447911123456", to_digits: "447911123456", text: "8203746519 is your code", sender: "Shop" },
  ...{ id: "v1.1", validity_seconds: "300", country: "GB", locale: "en", app: "shop" },
};
const url = "https://sms.test/send";
const json =
  '{"messages":[{"to":"{to}","from":"{sender}","text":"{text}","ttl":{"s":"{validity_seconds}"}}],"n":1,"flag":true}';

it("JSON, form, query and headers", () => {
  const filled = requestTemplate({
    ...{ url: `${url}?a=1`, json, query: { msisdn: "{to_digits}", t: "{text}" } },
    headers: { "X-Ref": "ref-{id}" },
  })(values);
  expect(filled.url.href).toBe(`${url}?a=1&msisdn=447911123456&t=8203746519+is+your+code`);
  expect(filled.headers).toEqual({ "x-ref": "ref-v1.1" });
  expect(JSON.parse(filled.body ?? "")).toEqual({
    messages: [{ to: "+447911123456", from: "Shop", text: "8203746519 is your code", ttl: { s: "300" } }],
    ...{ n: 1, flag: true },
  });
  const form = requestTemplate({ url, form: { To: "{to}", Body: "{text}" } })(values);
  expect(form.body).toBe("To=%2B447911123456&Body=8203746519+is+your+code");
});

it("a property that is exactly {sender} is left out without one; in the midst of others it is empty", () => {
  const filled = requestTemplate({ url, json })({ ...values, sender: null });
  expect(JSON.parse(filled.body ?? "").messages[0]).not.toHaveProperty("from");
  const form = requestTemplate({ url, form: { from: "{sender}", note: "by {sender}!" } })({ ...values, sender: null });
  expect(form.body).toBe("note=by+%21");
});

describe("no injection", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      '","admin":true,"x":"',
      "{to}{text}{{sender}}",
      "a&to=+10000000&b=",
      "\r\nX-Evil: 1",
      "$&$1$`",
      "\\u0022",
      "\0",
    ),
  );
  it("text and sender of any kind arrive as they are, once, and add no field", () => {
    fc.assert(
      fc.property(nasty, nasty, (text, sender) => {
        const own = { ...values, text, sender };
        const body = JSON.parse(requestTemplate({ url, json })(own).body ?? "");
        expect(body.messages).toEqual([{ to: values.to, from: sender, text, ttl: { s: "300" } }]);
        expect(Object.keys(body)).toEqual(["messages", "n", "flag"]);
        const filled = requestTemplate({ url, form: { t: "{text}", f: "{sender}" }, query: { t: "{text}" } })(own);
        const wellFormed = (value: string) => value.toWellFormed();
        expect([...new URLSearchParams(filled.body ?? "")]).toEqual([
          ["t", wellFormed(text)],
          ["f", wellFormed(sender)],
        ]);
        expect([...filled.url.searchParams]).toEqual([["t", wellFormed(text)]]);
        expect(filled.url.host).toBe("sms.test");
      }),
    );
  });
});

it("unknown placeholders are found, in JSON too", () => {
  expect(unknownPlaceholders('{"a":"{too}","b":{"c":"{text} {code}"}}')).toEqual(["too", "code"]);
});
