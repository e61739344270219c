import { describe, expect, it } from "vitest";
import { createSenderApps } from "../../../src/channels/sms/sender-apps.ts";
import { createOptOutHashes } from "../../../src/opt-out/hashes.ts";
import { receiveCalls, receiveTexts } from "../../../src/opt-out/inbound.ts";
import { createLinks } from "../../../src/opt-out/links.ts";
import { createStopWords } from "../../../src/opt-out/stop-words.ts";
import { isOut, type OptOutEntry } from "../../../src/opt-out/types.ts";
import { testConfig } from "../../support/test-config.ts";

const hmacKey = "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa";
const grace = "+447400123456";
const standard = testConfig().opt_out;
const dayMs = 86_400_000;

describe("a stop word", () => {
  const isStop = createStopWords(standard.stop_words);
  it.each([
    "STOP",
    "stop",
    " Stop. ",
    "S T O P",
    "«stop!»",
    "Unsubscribe",
    "ARRÊT",
    "arrêt",
    "opt-out",
    "СТОП",
    "стоп",
  ])("is %s", (text) => expect(isStop(text)).toBe(true));
  it.each(["", "!", "stop it", "please stop", "stopping", "123456", `${"STOP".padEnd(70, " ")}x`])(
    "is not %s",
    (text) => expect(isStop(text)).toBe(false),
  );
  it("is none where none is configured", () => {
    expect(createStopWords([])("STOP")).toBe(false);
  });
});

describe("of two entries the later one holds", () => {
  const entry = (state: OptOutEntry["state"], atMs: number): OptOutEntry => ({ state, atMs, source: "link" });
  const row = (entries: Record<string, OptOutEntry>) => ({ callee: "x", revision: 1, entries });
  it.each([
    ["nothing", {}, false],
    ["the app's own", { shop: entry("out", 1) }, true],
    ["another app's", { bank: entry("out", 1) }, false],
    ["that of all apps", { "*": entry("out", 1) }, true],
    ["lifted for the app afterwards", { "*": entry("out", 1), shop: entry("in", 2) }, false],
    ["lifted before", { "*": entry("out", 2), shop: entry("in", 1) }, true],
    ["both at once: not contacted", { "*": entry("out", 1), shop: entry("in", 1) }, true],
    ["lifted, alone", { shop: entry("in", 1) }, false],
  ] as const)("%s", (_what, entries, out) => {
    expect(isOut(row(entries), "shop")).toBe(out);
  });
});

describe("a link", () => {
  const clock = (nowMs: number) => ({ nowMs: () => nowMs });
  const at = Date.UTC(2026, 2, 1);
  const links = (nowMs = at, own?: { current: string; previous: string[] }) =>
    createLinks({ hmacKey, own, days: 30, clock: clock(nowMs) });
  const callee = createOptOutHashes(hmacKey).of(grace);
  const { token, expiresAtMs } = links().make({ callee, app: "shop" });

  it("names whom it is about by a keyed hash, is short enough for a message, and works for a month", () => {
    expect(token).toMatch(/^[\w-]{40,60}$/);
    expect(Buffer.from(token, "base64url").toString("latin1")).not.toContain("7400123456");
    expect(links().read(token)).toEqual({ callee, app: "shop" });
    expect(expiresAtMs - at).toBe(30 * dayMs);
    expect(links(expiresAtMs - 1).read(token)).not.toBeNull();
    expect(links(expiresAtMs).read(token)).toBeNull();
  });

  it.each([
    ["one character changed", `${token.slice(0, 20)}${token[20] === "A" ? "B" : "A"}${token.slice(21)}`],
    [
      "another app",
      Buffer.concat([Buffer.from(token, "base64url").subarray(0, 31), Buffer.from("bank")]).toString("base64url"),
    ],
    ["cut", token.slice(0, -6)],
    ["nothing", ""],
    ["very long", "A".repeat(100)],
    ["of zeros", "A".repeat(60)],
  ])("is not valid: %s", (_what, text) => {
    expect(links().read(text)).toBeNull();
  });

  it("made under a previous key still works", () => {
    const own = { current: "c".repeat(32), previous: [] };
    expect(links(at, own).read(token)).toEqual({ callee, app: "shop" });
    expect(createOptOutHashes(hmacKey, own).all(grace)).toContain(callee);
    expect(createOptOutHashes(hmacKey, own).of(grace)).not.toBe(callee);
  });
});

it("hashes do not depend on how an address is spelt, and are none of those of verifications", () => {
  const { of } = createOptOutHashes(hmacKey);
  expect(of("Grace@Example.com")).toBe(of("grace@example.com"));
  expect(of(grace)).toMatch(/^[\w-]{22}$/);
});

describe("what comes in", () => {
  const asked: unknown[][] = [];
  const optOuts = { optOut: async (...args: unknown[]) => void asked.push(args) };
  const senders = createSenderApps({
    ...{ prefixes: [], routes: {} },
    senders: [
      { sender: "+447400000001", app: "shop" },
      { sender: "+447400000002", app: "shop" },
      { sender: "+447400000002", app: "bank" },
      { sender: "ACME" },
    ],
  });
  const text = (to: string | null, scope: "app" | "all" = "app") => {
    asked.length = 0;
    const receive = receiveTexts({ ...standard, scope }, optOuts, senders);
    return receive({ channel: "sms", from: grace, to, text: "Stop" });
  };

  it.each([
    ["a sender of one app", "447400000001", "shop"],
    ["a sender of two", "+447400000002", null],
    ["a sender of all", "acme", null],
    ["an unknown one", "80808", null],
    ["no sender", null, null],
  ])("a text to %s", async (_what, to, app) => {
    expect(await text(to)).toBe(true);
    expect(asked).toEqual([[grace, app, "text"]]);
  });

  it("holds for all where the operator decided so", async () => {
    await text("447400000001", "all");
    expect(asked).toEqual([[grace, null, "text"]]);
  });

  it("shall come again where the store is away", async () => {
    const away = { optOut: () => Promise.reject(new Error("away")) };
    const receive = receiveTexts(standard, away, () => null);
    expect(await receive({ channel: "sms", from: grace, to: null, text: "STOP" })).toBe(false);
    expect(await receive({ channel: "sms", from: grace, to: null, text: "hello" })).toBe(true);
  });

  it("calls count on a trusted trunk only; calls to other numbers go their way", async () => {
    asked.length = 0;
    const passed: unknown[] = [];
    const config = {
      ...standard,
      call_numbers: [{ number: "+442071234567", app: "shop" }, { number: "+442071234568" }],
    };
    const calls = receiveCalls(config, optOuts, { warn: () => undefined });
    const receive = calls.receiver((call) => void passed.push(call.called));
    const call = { trunk: "a", trusted: true, caller: grace, called: "+442071234567", doubt: null };
    receive(call);
    receive({ ...call, called: "+442071234568" });
    receive({ ...call, trusted: false });
    receive({ ...call, caller: null });
    receive({ ...call, called: "+442079999999" });
    await calls.settled();
    expect(asked).toEqual([
      [grace, "shop", "call"],
      [grace, null, "call"],
    ]);
    expect(passed).toEqual(["+442079999999"]);
  });
});

describe("the configuration refuses", () => {
  const withNumbers = (call_numbers: unknown[], more: object = {}) =>
    testConfig({ opt_out: { call_numbers: call_numbers as never }, ...more });
  const trusted = {
    trunks: { a: { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], inbound: { trusted: "true" } } },
  };
  it.each([
    ["a number that no trusted trunk brings", [{ number: "+442071234567" }], {}, /trusted/],
    ["a caller ID: people call missed calls back", [{ number: "+44770091234" }], trusted, /no caller ID/],
    ["an app that there is not", [{ number: "+442071234567", app: "moon" }], trusted, /name of an app/],
    [
      "a call-in number",
      [{ number: "+442071234567" }],
      { ...trusted, call_in: { numbers: ["+442071234567"] } },
      /would do both/,
    ],
  ])("%s", (_what, numbers, more, why) => {
    expect(() => withNumbers(numbers, more)).toThrow(why);
  });
  it("and takes what is right", () => {
    expect(withNumbers([{ number: "+442071234567", app: "shop" }], trusted).opt_out.call_numbers).toHaveLength(1);
  });
});
