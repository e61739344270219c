import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { TrunkConfig } from "../../../../src/telephony/trunks/config.ts";
import { createRouter, mayPresent } from "../../../../src/telephony/trunks/routes.ts";
import type { RouteConfig } from "../../../../src/telephony/trunks/routes-config.ts";
import { plainNumbers } from "../../../support/plain-numbers.ts";
import { telephonyConfig } from "../telephony-config.ts";

const plain = { ...telephonyConfig().trunks.plus, ...plainNumbers } as TrunkConfig;
const { asterisk: _one, ...withoutAsterisk } = plain;
const on = (...asterisks: string[]): TrunkConfig => ({ ...withoutAsterisk, asterisks });

function router(routes: RouteConfig[], trunks: Record<string, TrunkConfig> = { a: plain, b: plain, c: plain }) {
  return createRouter({ trunks, routes }, cryptoRandom);
}
const trunksTo = (of: ReturnType<typeof router>, callee: string) => of.pathsTo(callee)?.map(({ trunk }) => trunk);

describe("the paths to a callee", () => {
  it("are those of the longest prefix", () => {
    const routes = router([
      { prefix: "+44", trunks: ["b"] },
      { prefix: "+", trunks: ["a"] },
      { prefix: "+447", trunks: ["c", "a"] },
    ]);
    expect(trunksTo(routes, "+447700900123")).toEqual(["c", "a"]);
    expect(trunksTo(routes, "+442079460000")).toEqual(["b"]);
    expect(trunksTo(routes, "+12025550100")).toEqual(["a"]);
    expect(routes.pathsTo("+447000000")?.[0]?.trunk).toBe("c");
    expect(routes.pathsTo("+442000000")).toEqual([{ trunk: "b", asterisk: "main" }]);
  });

  it("leave out a trunk that cannot dial the number", () => {
    const prefixed = { ...plain, callee_rules: [{ prefix: "+", strip: 0, add: "991100000000" }] };
    const both = router([{ prefix: "+", trunks: ["b", "a"] }], { a: plain, b: prefixed });
    expect(trunksTo(both, "+12025550100")).toEqual(["b", "a"]);
    expect(trunksTo(both, "+4477009001234")).toEqual(["a"]);
    expect(router([{ prefix: "+", trunks: ["b"] }], { b: prefixed }).pathsTo("+4477009001234")).toBeNull();
  });

  it("are none where no route matches", () => {
    const routes = router([{ prefix: "+44", trunks: ["a"] }]);
    expect(routes.pathsTo("+12025550100")).toBeNull();
    expect(routes.pathsTo("+4")).toBeNull();
  });

  it("go through every Asterisk of a trunk before the next trunk, and begin with each as often", () => {
    const routes = router([{ prefix: "+", trunks: ["a", "b"] }], { a: on("x", "y", "z"), b: on("x") });
    const first: Record<string, number> = { x: 0, y: 0, z: 0 };
    for (let call = 0; call < 3000; call++) {
      const paths = routes.pathsTo("+12025550100") ?? [];
      expect(paths).toHaveLength(4);
      expect(paths[3]).toEqual({ trunk: "b", asterisk: "x" });
      const asterisks = paths.slice(0, 3).map(({ asterisk }) => asterisk);
      expect([...asterisks].sort()).toEqual(["x", "y", "z"]);
      first[asterisks[0] ?? ""] = (first[asterisks[0] ?? ""] ?? 0) + 1;
    }
    // A fair draw of 3,000 is within 6 standard deviations (26 each) of 1,000 but once in 10^9 runs.
    for (const count of Object.values(first)) expect(Math.abs(count - 1000)).toBeLessThan(160);
  });

  it("are drawn by weight, second place included, with unweighted trunks in reserve", () => {
    const trunks = { a: plain, b: plain, c: plain, last: plain, middle: plain };
    const routes = router(
      [{ prefix: "+", trunks: ["middle", "a", "b", "c", "last"], weights: { a: 5, b: 3, c: 2 } }],
      trunks,
    );
    const seen = new Map<string, number>();
    const calls = 10_000;
    for (let call = 0; call < calls; call++) {
      const order = trunksTo(routes, "+12025550100") ?? [];
      expect(order.slice(3)).toEqual(["middle", "last"]);
      expect([...order].sort()).toEqual(["a", "b", "c", "last", "middle"]);
      const start = order.slice(0, 2).join("");
      seen.set(start, (seen.get(start) ?? 0) + 1);
    }
    // Shares of first and second place: weight ÷ all, then weight ÷ what is left.
    for (const [start, share] of [
      ["ab", 0.5 * (3 / 5)],
      ["ac", 0.5 * (2 / 5)],
      ["ba", 0.3 * (5 / 7)],
      ["ca", 0.2 * (5 / 8)],
    ] as const) {
      const deviation = Math.sqrt(calls * share * (1 - share));
      expect(Math.abs((seen.get(start) ?? 0) - calls * share)).toBeLessThan(6 * deviation);
    }
  });

  it("are what a search through all routes would find", () => {
    const digits = fc.stringMatching(/^[1-3]{0,5}$/);
    fc.assert(
      fc.property(fc.uniqueArray(digits, { maxLength: 30 }), fc.stringMatching(/^[1-3]{7,15}$/), (prefixes, callee) => {
        const trunks = Object.fromEntries(prefixes.map((prefix) => [`t${prefix}`, plain]));
        const routes = router(
          prefixes.map((prefix) => ({ prefix: `+${prefix}`, trunks: [`t${prefix}`] })),
          trunks,
        );
        const matching = prefixes.filter((prefix) => callee.startsWith(prefix)).sort((a, b) => b.length - a.length);
        expect(routes.pathsTo(`+${callee}`)?.[0]?.trunk).toBe(matching.length === 0 ? undefined : `t${matching[0]}`);
      }),
    );
  });

  it("can be listed for a trunk", () => {
    const routes = router([{ prefix: "+", trunks: ["a"] }], { a: on("y", "x") });
    expect(routes.pathsOf("a")).toEqual([
      { trunk: "a", asterisk: "y" },
      { trunk: "a", asterisk: "x" },
    ]);
    expect(routes.pathsOf("unknown")).toEqual([]);
  });
});

it("a trunk may present the ranges that it lists", () => {
  expect(mayPresent({ ranges: ["one", "two"] }, "two")).toBe(true);
  expect(mayPresent({ ranges: ["one"] }, "two")).toBe(false);
});
