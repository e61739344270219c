/** libphonenumber's own unit tests over its test metadata. */
import { expect, it } from "vitest";
import { judgeCases, notOurs } from "./own-cases.ts";

const judged = judgeCases();

it("every case that applies is answered as libphonenumber expects, or differs by an intent that is listed", () => {
  expect(judged.filter(({ verdict }) => verdict === "unexplained")).toEqual([]);
  expect(judged.filter(({ verdict }) => verdict === "agrees").length).toBeGreaterThanOrEqual(270);
});

it("every case that does not apply asks for a method that is listed as none of ours", () => {
  const listed = new Set(Object.values(notOurs).flat());
  const others = judged.filter(({ verdict, call }) => verdict === "not ours" && call !== "format");
  expect(others.filter(({ call }) => !listed.has(call))).toEqual([]);
});
