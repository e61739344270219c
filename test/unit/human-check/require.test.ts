/** What becomes of a start whose human check passed, did not pass, or gave no verdict. */
import { expect, test } from "vitest";
import type { HumanCheck, HumanVerdict } from "../../../src/human-check/port.ts";
import { requireHuman } from "../../../src/human-check/require.ts";
import type { Refusal } from "../../../src/shared/refusal.ts";

const about = { challenge: "", ip: "192.0.2.7", hostnames: [] };

async function outcome(verdict: HumanVerdict, { failOpen = false, name = "check", answer = ["x"] as [string?] } = {}) {
  const counted: string[] = [];
  const logged: object[] = [];
  const logger = { info: (line: object) => void logged.push(line), warn: (line: object) => void logged.push(line) };
  const check = { failOpen, verify: async () => verdict } as unknown as HumanCheck;
  const checks = { find: (wanted: string) => (wanted === "check" ? check : null), close() {} };
  const count = (what: string, result: string) => void counted.push(`${what} ${result}`);
  const end = await requireHuman(checks, name, answer[0], about, { app: "shop", logger, count } as never).then(
    () => "goes on",
    ({ code, detail }: Refusal) => `${code}: ${detail}`,
  );
  return { end, counted, logged };
}

test("passed: the start goes on, and nothing is logged", async () => {
  expect(await outcome({ kind: "passed" })).toEqual({ end: "goes on", counted: ["check passed"], logged: [] });
});

test("failed: refused with the reason, also where the check fails open", async () => {
  const { end, counted, logged } = await outcome({ kind: "failed", why: "timeout-or-duplicate" }, { failOpen: true });
  expect(end).toMatch(/^human_check_failed: .*timeout-or-duplicate/);
  expect([counted, logged]).toEqual([["check failed"], [{ app: "shop", check: "check", why: "timeout-or-duplicate" }]]);
  expect((await outcome({ kind: "passed" }, { answer: [] })).end).toMatch(/^human_check_failed: .*missing/);
});

test("no verdict: refused, or where the operator said so it goes on; both are logged", async () => {
  const verdict = { kind: "unavailable", why: "timeout" } as const;
  const closed = await outcome(verdict);
  expect([closed.end.slice(0, 23), closed.counted]).toEqual(["human_check_unavailable", ["check unavailable"]]);
  const open = await outcome(verdict, { failOpen: true });
  expect([open.end, open.logged]).toEqual(["goes on", [{ app: "shop", check: "check", why: "timeout", open: true }]]);
});

test("a check that the configuration has no more refuses", async () => {
  expect((await outcome({ kind: "passed" }, { name: "gone" })).end).toMatch(/^human_check_unavailable: .*gone/);
});
