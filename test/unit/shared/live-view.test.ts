/** A view of an object that is replaced while others hold the view. */
import { expect, it } from "vitest";
import { following, liveView } from "../../../src/shared/live-view.ts";

interface Rules {
  readonly most: number;
  readonly inner: { readonly part?: number; readonly list: readonly string[] };
}

it("a view is what holds now, also of the objects within it, and cannot be written", () => {
  let present: Rules = { most: 1, inner: { part: 2, list: ["a"] } };
  const view = liveView(() => present);
  const { inner } = view;
  expect({ ...view, inner: { ...inner } }).toEqual(present);
  present = { most: 5, inner: { list: ["b", "c"] } };
  expect([view.most, inner.part, inner.list, "part" in inner, Object.keys(inner)]).toEqual([
    ...[5, undefined, ["b", "c"], false],
    ["list"],
  ]);
  expect(() => Object.assign(view, { most: 9 })).toThrow(TypeError);
  expect(() => Object.defineProperty(view, "most", { value: 9 })).toThrow(TypeError);
  expect(present.most).toBe(5);
});

it("what is built of a value is built once for each that holds", () => {
  let present = { factor: 2 };
  let built = 0;
  const times = following(
    () => present,
    ({ factor }) => {
      built++;
      return (number: number) => number * factor;
    },
  );
  expect([times()(3), times()(4), built]).toEqual([6, 8, 1]);
  present = { factor: 3 };
  expect([times()(3), times()(4), built]).toEqual([9, 12, 2]);
});
