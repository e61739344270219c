import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeArrival } from "../../../src/doctor/canary/report.ts";
import { serviceAfter } from "../../../src/doctor/canary/service.ts";
import { type Arrival, judgeArrival } from "../../../src/doctor/canary/verdict.ts";
import { describe as text } from "../../../src/doctor/finding.ts";
import type { Outage, Part } from "../../../src/operations/outages-port.ts";

const format = {
  number_format: "+e164" as const,
  national_prefix: "0",
  international_prefix: "00",
  callee_rules: [],
  caller_id_rules: [],
};
const national = { ...format, number_format: "national" as const, country_calling_code: "44" };
const sent = { callerId: "+442079460123", codeLength: 4, trunk: format };

describe("a caller ID that arrives as", () => {
  it.each<[string, Arrival]>([
    ["+442079460123", "as_sent"],
    ["442079460123", "as_sent"],
    ["", "withheld"],
    ["anonymous", "withheld"],
    ["Restricted", "withheld"],
    ["2079460123", "prefix_lost"],
    ["0123", "prefix_lost"],
    ["02079460123", "prefix_changed"],
    ["+15550000123", "prefix_changed"],
    ["+15550000000", "replaced"],
    ["123", "replaced"],
    ["account", "replaced"],
  ])("%j is judged %s", (heard, arrival) => {
    expect(judgeArrival(sent, heard, null)).toBe(arrival);
  });

  it("a national number is as sent where one of the two trunks writes so", () => {
    expect(judgeArrival(sent, "02079460123", national)).toBe("as_sent");
    expect(judgeArrival({ ...sent, trunk: national }, "02079460123", null)).toBe("as_sent");
    expect(judgeArrival(sent, "02079460124", national)).toBe("replaced");
  });

  it("no text but the number itself is ever taken for as sent", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\+?[0-9]{0,15}$/)), (heard) => {
        const arrival = judgeArrival(sent, heard, null);
        if (heard.replace(/\D/g, "") !== "442079460123") expect(arrival).not.toBe("as_sent");
      }),
    );
  });
});

describe("the report of a path", () => {
  const path = { trunk: "a", asterisk: "pbx" };
  it("tells which kind of change it was", () => {
    expect(text(describeArrival({ path, arrival: "as_sent", outcome: "canceled" }))).toMatch(
      /^ +ok .*arrived as sent\n$/,
    );
    expect(text(describeArrival({ path, arrival: "withheld", outcome: "rang" }))).toMatch(/FAIL .*withheld.*\n +→ /);
    expect(text(describeArrival({ path, arrival: "prefix_changed", outcome: "rang" }))).toMatch(
      /warn .*code is right.*\n +→ /,
    );
    expect(text(describeArrival({ path, arrival: null, outcome: "barred" }))).toMatch(
      /FAIL .*did not arrive \(barred\)/,
    );
    expect(text(describeArrival({ path, arrival: null, outcome: null }))).toMatch(/FAIL .*trunk down/);
    expect(text(describeArrival({ path, arrival: null, outcome: "trunk_down" }))).toMatch(/FAIL .*trunk down/);
  });
});

describe("a trunk", () => {
  const reports = (...arrivals: (Arrival | null)[]) =>
    arrivals.map((arrival, i) => ({ path: { trunk: "a", asterisk: `pbx-${i}` }, arrival, outcome: "rang" as const }));

  /** @param out who took it out before; null: it is in service */
  async function judged(
    arrivals: (Arrival | null)[],
    out: Outage["by"] | null = null,
    { dryRun = false, takeOutLast = false, trunks = ["a", "b"], bIsOut = false } = {},
  ) {
    const done: string[] = [];
    const before: Outage | null = out && { by: out, who: "somebody", reason: "a reason", sinceMs: 1 };
    const operators: Outage = { by: "operator", who: "anna", reason: "new SBC", sinceMs: 1 };
    const outages = {
      async takeOut({ name }: Part, outage: Outage) {
        done.push(`${name} out: ${outage.by}, ${outage.reason}`);
        return { now: before ?? outage, before };
      },
      async putBack({ name }: Part, { by }: Pick<Outage, "by">) {
        done.push(`${name} back: ${by}`);
        return before;
      },
      look: async (parts: readonly Part[]) =>
        parts.map(({ name }) => ({
          ...{ liveCalls: 0, callsPerSecond: 0, waitMs: 0 },
          outage: name === "a" ? before : bIsOut ? operators : null,
        })),
    };
    const said: string[] = [];
    const routes = [{ prefix: "+", trunks }];
    const options = { dryRun, takeOutLast, routes, nowMs: 2 };
    for await (const { what } of serviceAfter("a", reports(...arrivals), outages, options)) said.push(what);
    return { done, said: said.join("\n") };
  }

  it("that alters the caller ID on any path is taken out", async () => {
    expect(await judged(["as_sent", "replaced"])).toEqual({
      done: ["a out: canary, caller_id_altered"],
      said: "Canary: trunk a was taken out of service for all gateways",
    });
    expect((await judged(["withheld"], "operator")).said).toContain("out of service before (a reason)");
  });

  it("is left as it is in a dry run", async () => {
    expect(await judged(["replaced"], null, { dryRun: true })).toMatchObject({
      done: [],
      said: expect.stringContaining("dry run"),
    });
    expect(await judged(["as_sent"], "canary", { dryRun: true })).toEqual({ done: [], said: "" });
  });

  it.each([
    ["the only one of its route", { trunks: ["a"] }],
    ["the only one in service", { bIsOut: true }],
  ])("that is %s stays in service with wrong codes, unless that was asked for", async (_what, others) => {
    expect(await judged(["replaced"], null, others)).toEqual({
      done: [],
      said: "Canary: trunk a stays in service: no other trunk of route + is in service",
    });
    const asked = await judged(["replaced"], null, { ...others, takeOutLast: true });
    expect(asked.done).toEqual(["a out: canary, caller_id_altered"]);
  });

  it("on which digits in front differ while the code is right stays in service, and comes back", async () => {
    expect(await judged(["prefix_lost", "prefix_changed"])).toEqual({ done: [], said: "" });
    expect((await judged(["prefix_lost"], "canary")).done).toEqual(["a back: canary"]);
  });

  it("comes back when all its paths are clean, if it was the canary that took it out", async () => {
    const clean = await judged(["as_sent", "as_sent"], "canary");
    expect(clean).toEqual({ done: ["a back: canary"], said: expect.stringContaining("back in service") });
    expect(await judged(["as_sent"], "operator")).toEqual({ done: [], said: "" });
    expect(await judged(["as_sent", null], "canary")).toEqual({ done: [], said: "" });
    expect(await judged([null])).toEqual({ done: [], said: "" });
  });
});
