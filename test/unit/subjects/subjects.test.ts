/** Bounded requests of an export and an erasure, over stand-ins for the stores. */
import { expect, test } from "vitest";
import type { AuditAct, Json } from "../../../src/audit/port.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { SubjectIndex } from "../../../src/subjects/index-port.ts";
import type { Subject, SubjectStore } from "../../../src/subjects/store-port.ts";
import { createSubjects } from "../../../src/subjects/subjects.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const callee = { bucket: "00ff", hash: "h" };
const who = "key 3f9a01bc";

/** @param stepMs how long each call of a store takes */
function world({ stepMs = 0, searches = 1, recordsAway = false, stores = [] as SubjectStore[] } = {}) {
  const clock = new ManualClock();
  const done: string[] = [];
  const acts: (AuditAct & { after: Json | undefined })[] = [];
  const seen: Subject[] = [];
  let found = false;
  const noted = new Set<string>();
  const index: SubjectIndex = {
    async search(_, after) {
      clock.advance(stepMs);
      done.push("search");
      const next = Number(after ?? 0) + 1;
      found = next >= searches;
      return found ? null : String(next);
    },
    verifications: async () => (found ? [{ id: "v1", app: "shop" }] : null),
    async note(_, verifications) {
      for (const one of verifications) noted.add(one);
    },
    noted: async () => [...noted],
    limits: () => Promise.reject(new Error("not asked")),
    eraseLimits: async () => 0,
    async forget() {
      found = false;
    },
  };
  const store = (name: string, parts: number): SubjectStore => ({
    name,
    async export(_, after) {
      clock.advance(stepMs);
      const at = Number(after ?? 0) + 1;
      return { items: [{ [name]: at }], next: at < parts ? String(at) : null };
    },
    async erase(subject, after) {
      clock.advance(stepMs);
      seen.push(subject);
      const at = Number(after ?? 0) + 1;
      done.push(`${name} ${at}`);
      return { erased: 1, next: at < parts ? String(at) : null };
    },
  });
  const subjects = createSubjects({
    stores: [...stores, store("first", 1), store("second", 3)],
    index,
    findVerifications: async () => {
      if (recordsAway) throw new Refusal("records_unavailable", "away");
      return ["v2"];
    },
    identify: (to) => ({ to, callee }),
    audit: {
      async act(act, run) {
        const { result, after } = await run();
        acts.push({ ...act, after });
        return result;
      },
    },
    clock,
  });
  const ask = (after: string | null) => subjects.erase({ to: "Ana@example.com", country: null, after, who });
  return { ...{ subjects, ask, done, acts, seen, clock }, forget: () => index.forget(callee) };
}

test("all stores in their order, in one request where there is time", async () => {
  const { ask, done, seen, acts } = world({ searches: 2 });
  expect(await ask(null)).toEqual({ subject: "00ffh", erased: { first: 1, second: 3 }, next: null });
  expect(done).toEqual(["search", "search", "first 1", "second 1", "second 2", "second 3"]);
  const [subject] = seen;
  expect(subject).toMatchObject({ to: "Ana@example.com", hash: "00ffh", verifications: new Set(["v1", "v2"]) });
  expect([subject?.is("ana@EXAMPLE.com"), subject?.is("xana@example.com")]).toEqual([true, false]);
  const after = { erased: { first: 1, second: 3 }, complete: true };
  expect(acts).toEqual([{ who, action: "subject.erase", target: "subject 00ffh", after }]);
});

test("a request ends after 5 s, and the next one goes on where it was", async () => {
  const { ask, done, acts } = world({ stepMs: 2000, searches: 4 });
  let next: string | null = null;
  let requests = 0;
  do {
    ({ next } = await ask(next));
    requests++;
  } while (next !== null);
  expect(done).toEqual([...Array(4).fill("search"), "first 1", "second 1", "second 2", "second 3"]);
  expect(requests).toBe(3);
  expect(acts.map(({ after }) => (after as { complete: boolean }).complete)).toEqual([false, false, true]);
});

test("a request that goes on after what was found is forgotten searches again and misses nothing", async () => {
  const { ask, done, forget } = world({ stepMs: 3000 });
  const { next } = await ask(null);
  await forget();
  let after = next;
  while (after !== null) ({ next: after } = await ask(after));
  expect(done.filter((one) => one === "search")).toHaveLength(2);
  expect(done.slice(-4)).toEqual(["first 1", "second 1", "second 2", "second 3"]);
});

test("records that are away keep nothing else from being erased, but it is not complete", async () => {
  const { ask, done } = world({ recordsAway: true });
  await expect(ask(null)).rejects.toMatchObject({ code: "records_unavailable" });
  expect(done).toEqual(["search", "first 1", "second 1", "second 2", "second 3"]);
});

test("a store whose records are away keeps those after it from nothing, and a later request from being complete", async () => {
  let away = true;
  const recorded: SubjectStore = {
    name: "recorded",
    export: async () => ({ items: [], next: null }),
    async erase() {
      if (away) throw new Refusal("records_unavailable", "away");
      return { erased: 0, next: null };
    },
  };
  const { ask, done } = world({ stepMs: 2000, stores: [recorded] });
  const { next } = await ask(null);
  away = false;
  let after = next;
  const goOn = async () => {
    while (after !== null) ({ next: after } = await ask(after));
  };
  await expect(goOn()).rejects.toMatchObject({ code: "records_unavailable", message: /begin anew/ });
  expect(done.slice(-4)).toEqual(["first 1", "second 1", "second 2", "second 3"]);
  after = null;
  do ({ next: after } = await ask(after));
  while (after !== null);
});

test("a verification that one request found is known to the request that goes on", async () => {
  const finder: SubjectStore = {
    name: "finder",
    export: async () => ({ items: [], next: null }),
    async erase(subject) {
      subject.note?.("v3");
      clock.advance(6000);
      return { erased: 1, next: null };
    },
  };
  const { ask, seen, clock } = world({ stores: [finder] });
  const { next } = await ask(null);
  expect(seen).toEqual([]);
  expect((await ask(next)).next).toBeNull();
  expect(seen[0]?.verifications).toEqual(new Set(["v1", "v2", "v3"]));
});

test("an export has what each store answered", async () => {
  const { subjects } = world();
  expect(await subjects.export({ to: "+447400123456", country: null, after: null, who })).toEqual({
    kept: { first: [{ first: 1 }], second: [{ second: 1 }, { second: 2 }, { second: 3 }] },
    next: null,
  });
});

test.each(["x", "bnVsbA", Buffer.from("[2,null]").toString("base64url"), Buffer.from("[0,1]").toString("base64url")])(
  "refuses the place %s, which no answer gave",
  (after) => {
    const { ask, acts } = world();
    expect(() => ask(after)).toThrow(expect.objectContaining({ code: "invalid_request" }));
    expect(acts).toEqual([]);
  },
);
