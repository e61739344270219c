import { describe, expect, it } from "vitest";
import { behaviours } from "../../../src/sandbox/carrier/behaviours.ts";
import { Inbox } from "../../../src/sandbox/inbox.ts";
import { mergeSections } from "../../../src/sandbox/merge.ts";
import { failureOf, messageFailures } from "../../../src/sandbox/providers/failures.ts";
import { failureKinds } from "../../../src/sandbox/providers/provider.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

const message = {
  ...{ channel: "sms", to: "+447400123456", text: "123456 is your code", atMs: 1_800_000_000_000 },
  ...{ from: "OneRing", subject: null, html: null, details: { segments: 1 } },
};

describe("the inbox", () => {
  it("shows messages newest first, without their HTML", () => {
    const inbox = new Inbox(cryptoRandom);
    inbox.receive(message);
    inbox.receive({ ...message, channel: "email", to: "ana@example.com", subject: "Code", html: "<b>1</b>" });
    expect(inbox.messages()).toEqual([
      expect.objectContaining({ channel: "email", to: "ana@example.com", subject: "Code", has_html: true }),
      {
        ...{ id: expect.stringMatching(/^[0-9a-f]{16}$/), channel: "sms", to: "+447400123456" },
        ...{ text: "123456 is your code", at: "2027-01-15T08:00:00.000Z", from: "OneRing", subject: null },
        ...{ has_html: false, details: { segments: 1 } },
      },
    ]);
    expect(inbox.messages().map(({ id }) => inbox.html(id))).toEqual(["<b>1</b>", null]);
    expect(inbox.html("nonsense")).toBeNull();
  });

  it("is bounded: 100 messages, 2000 characters of text each", () => {
    const inbox = new Inbox(cryptoRandom);
    for (let i = 0; i < 130; i++) inbox.receive({ ...message, text: `${i} `.padEnd(9000, "x") });
    expect(inbox.messages()).toHaveLength(100);
    expect(inbox.messages()[0]?.text.startsWith("129 ")).toBe(true);
    expect(inbox.messages()[0]?.text).toHaveLength(2000);
  });

  it("reports each message once, until it is unsubscribed", () => {
    const inbox = new Inbox(cryptoRandom);
    const seen: string[] = [];
    const unsubscribe = inbox.subscribe(({ text }) => seen.push(text));
    inbox.receive(message);
    unsubscribe();
    inbox.receive(message);
    expect(seen).toEqual([message.text]);
  });
});

describe("the failures of messages", () => {
  it.each([
    ["+447400123921", "unknown_recipient"],
    ["ana922@example.com", "not_reachable"],
    ["fcm-registration-929", "late_receipt"],
    ["+447400123903", null],
    ["+447400123456", null],
    ["ana@example921.com", null],
    ["", null],
  ])("%s → %s", (to, kind) => {
    expect(failureOf(to)).toBe(kind);
  });

  it("each kind can be chosen, by an ending that no call's behaviour has", () => {
    expect(Object.values(messageFailures).map(({ kind }) => kind)).toEqual([...failureKinds]);
    expect(Object.keys(messageFailures).filter((digits) => digits in behaviours)).toEqual([]);
  });
});

describe("the parts of a configuration", () => {
  it("are merged: objects by key, lists joined", () => {
    const parts = [
      { sms: { a: 1, routes: [1] } },
      { sms: { b: 2, routes: [2] }, email: { c: 3 } },
      { email: { c: 3 } },
    ];
    expect(mergeSections(parts)).toEqual({ sms: { a: 1, b: 2, routes: [1, 2] }, email: { c: 3 } });
  });

  it("must not contradict each other", () => {
    expect(() => mergeSections([{ sms: { a: 1 } }, { sms: { a: 2 } }])).toThrow(
      "two parts of the sandbox's configuration set a",
    );
  });
});
