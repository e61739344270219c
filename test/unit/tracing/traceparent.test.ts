import fc from "fast-check";
import { expect, it, test } from "vitest";
import { readTraceparent, writeTraceparent } from "../../../src/tracing/traceparent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test("a traceparent is read, and written alike", () => {
  const header = `00-${traceId}-${spanId}-01`;
  expect(readTraceparent(header)).toEqual({ traceId, spanId, sampled: true });
  expect(writeTraceparent({ traceId, spanId, sampled: true })).toBe(header);
  expect(readTraceparent(`00-${traceId}-${spanId}-00`)?.sampled).toBe(false);
});

test("a later version may have further fields", () => {
  expect(readTraceparent(`cc-${traceId}-${spanId}-01-what-comes`)).toMatchObject({ traceId });
});

it.each([
  undefined,
  "",
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01-more`,
  `ff-${traceId}-${spanId}-01`,
  `00-${"0".repeat(32)}-${spanId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
  `01-${traceId}-${spanId}-01-${"x".repeat(1000)}`,
])("%s begins a new trace", (header) => {
  expect(readTraceparent(header)).toBeNull();
});

test("any text is read without an exception", () => {
  fc.assert(fc.property(fc.string(), (text) => readTraceparent(text) === null));
});
