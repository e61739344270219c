import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../../../src/config/load.ts";
import { createInboundReader } from "../../../../src/telephony/calls/inbound.ts";
import { assertedBy, inviteOf } from "../../../support/invite.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { leastConfig } from "../../../support/test-config.ts";

const logged: Record<string, unknown>[] = [];
const clock = new ManualClock();

/** Trunks as a configuration file gives them, with every default. */
function readerOf(trunks: Record<string, Record<string, unknown>>) {
  const document = { ...leastConfig(), trunks };
  for (const trunk of Object.values(trunks)) Object.assign(trunk, { asterisk: "pbx", ranges: ["block"] });
  document.routes = [{ prefix: "+", trunks: Object.keys(trunks).slice(0, 1) }];
  return createInboundReader(resolveConfig({ name: "test", document, env: {} }).trunks, {
    logger: pino(
      { level: "warn" },
      {
        write: (line: string) => {
          logged.push(JSON.parse(line));
        },
      },
    ),
    clock,
  });
}

const national = {
  ...{ number_format: "national", country_calling_code: "44" },
  inbound: { trusted: "true" },
};
const read = readerOf({
  plain: { endpoint: "plain" },
  untrusted: { endpoint: "untrusted", inbound: {} },
  plus: { endpoint: "plus", inbound: { trusted: "true" } },
  bare: { endpoint: "bare", number_format: "e164", inbound: { trusted: "true" } },
  home: { endpoint: "home", ...national },
});
const call = (endpoint: string, caller: string, called = "+442079460001") =>
  read("pbx", { endpoint, invite: inviteOf({ called, headers: [assertedBy(caller)] }), atMs: 0 });

describe("a call that came in", () => {
  it("is of the trunk whose endpoint it came by, on that Asterisk", () => {
    expect(call("plus", "+447700900123")).toEqual({
      trunk: "plus",
      trusted: true,
      caller: "+447700900123",
      called: "+442079460001",
      doubt: null,
    });
    expect(call("untrusted", "+447700900123")?.trusted).toBe(false);
  });

  it("is none of our business by an endpoint that is no trunk, takes no calls, or is on another Asterisk", () => {
    expect(call("unknown", "+447700900123")).toBeNull();
    expect(call("plain", "+447700900123")).toBeNull();
    expect(read("other", { endpoint: "plus", invite: inviteOf(), atMs: 0 })).toBeNull();
  });

  it.each([
    ["plus", "+447700900123", "+447700900123"],
    ["plus", "447700900123", null],
    ["plus", "07700900123", null],
    ["bare", "447700900123", "+447700900123"],
    ["bare", "+447700900123", "+447700900123"],
    ["bare", "07700900123", null],
    ["home", "07700900123", "+447700900123"],
    ["home", "00447700900123", null],
    ["home", "004915112345678", "+4915112345678"],
    ["home", "+447700900123", "+447700900123"],
  ])("by the trunk %s, %s means %s", (trunk, written, meant) => {
    expect(call(trunk, written)?.caller).toBe(meant);
  });

  it.each(["", "anonymous", "Anonymous", "unavailable", "restricted", "112", "+112", "0", "+", "12345", "s"])(
    "that shows %j shows nobody",
    (caller) => {
      for (const trunk of ["plus", "bare", "home"]) expect(call(trunk, caller)?.caller).toBeNull();
    },
  );

  it("has a caller in E.164 or none, whatever the network writes", () => {
    const written = fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^\+?[0-9]{0,20}$/));
    fc.assert(
      fc.property(fc.constantFrom("plus", "bare", "home"), written, written, (trunk, caller, called) => {
        const seen = call(trunk, caller, called);
        for (const number of [seen?.caller, seen?.called]) {
          if (number !== null) expect(number).toMatch(/^\+[1-9]\d{6,14}$/);
        }
        // Digits are never made up: all but the calling code were in what was written.
        if (seen?.caller) expect(caller).toContain(seen.caller.slice(3));
      }),
      { numRuns: 500 },
    );
  });
});

describe("the log", () => {
  it("names why a call of a trusted trunk proves nothing, once a minute, without a number", () => {
    clock.freeze(60_000);
    logged.length = 0;
    for (let nth = 0; nth < 3; nth++) expect(call("plus", "447700900124")?.doubt).toBe("wrong_format");
    expect(logged).toMatchObject([{ trunk: "plus", result: "wrong_format" }]);
    clock.freeze(60_000);
    call("plus", "447700900124");
    expect(logged).toMatchObject([{}, { why: expect.stringContaining("number_format"), calls: 3 }]);
    expect(JSON.stringify(logged)).not.toContain("77009");
  });

  it("names forged events and a dialplan that passes no INVITE on, which count for nobody", () => {
    logged.length = 0;
    for (const invite of ["forged", "unreadable"] as const) {
      expect(read("pbx", { endpoint: "plus", invite, atMs: 0 })).toMatchObject({
        caller: null,
        called: null,
        doubt: invite,
      });
    }
    expect(logged.map(({ result }) => result)).toEqual(["forged", "unreadable"]);
  });

  it("tells a called number in another format from one that is not ours", () => {
    expect(call("plus", "+447700900123", "442079460001")).toMatchObject({ called: null, doubt: "wrong_format" });
    expect(call("plus", "+447700900123", "alice")).toMatchObject({ called: null, doubt: null });
  });
});
