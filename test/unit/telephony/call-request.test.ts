import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallRequest } from "../../../src/telephony/call-control.ts";
import { assertCallRequest } from "../../../src/telephony/call-request.ts";

const good: CallRequest = {
  callId: "3kTMd_-9",
  endpoint: "carrier-a.example_1",
  callee: "+447700900123",
  callerId: "12025550100",
  failSafeSeconds: 30,
};

const broken: readonly (readonly [keyof CallRequest, unknown])[] = [
  ["callee", "+44770090\r\nX-Evil: 1"],
  ["callee", "+447700900123\n"],
  ["callee", "447700900123@evil.example"],
  ["callee", "447700900123;user=phone"],
  ["callee", "447700900123/n"],
  ["callee", "12"],
  ["callee", "1234567890123456"],
  ["callee", "+"],
  ["callee", "٤٤٧٧٠٠٩٠٠١٢٣"],
  ["callee", ["+447700900123"]],
  ["callerId", '"Bank" <+12025550100>'],
  ["callerId", "+1202555\u00000100"],
  ["callerId", ""],
  ["endpoint", "carrier/../../other"],
  ["endpoint", "carrier&PJSIP/other"],
  ["endpoint", "carrier\r\nAction: Originate"],
  ["endpoint", ""],
  ["callId", "a.b"],
  ["callId", "a/../b"],
  ["callId", "a?app=other"],
  ["callId", "a".repeat(101)],
  ["failSafeSeconds", 0],
  ["failSafeSeconds", 1.5],
  ["failSafeSeconds", Number.NaN],
  ["failSafeSeconds", -1],
  ["failSafeSeconds", 86_400],
];

describe("a request to place a call", () => {
  it("passes as it should be", () => {
    expect(() => assertCallRequest(good)).not.toThrow();
  });

  it.each(broken)("is refused with %s %j, and the refusal does not repeat it", (field, value) => {
    let message = "";
    try {
      assertCallRequest({ ...good, [field]: value });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(field);
    expect(message).not.toContain("+12025550100");
    expect(message).not.toContain("447700900123");
  });

  it("lets only digits through as numbers, whatever is tried", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.stringMatching(/^\+?\d{3,15}.?$/)),
        (text) => {
          let passes = true;
          try {
            assertCallRequest({ ...good, callee: text, callerId: text });
          } catch {
            passes = false;
          }
          const digits = text.startsWith("+") ? text.slice(1) : text;
          const fit = digits.length >= 3 && digits.length <= 15 && [...digits].every((c) => c >= "0" && c <= "9");
          expect(passes).toBe(fit);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
