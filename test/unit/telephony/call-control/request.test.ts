import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallRequest } from "../../../../src/telephony/call-control/port.ts";
import { assertCallRequest } from "../../../../src/telephony/call-control/request.ts";

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
  ["callee", "1234567890123456789012345"],
  ["callee", "+"],
  ["callee", "٤٤٧٧٠٠٩٠٠١٢٣"],
  ["callee", ["+447700900123"]],
  ["callerId", '"Bank" <+12025550100>'],
  ["callerId", "+1202555\u00000100"],
  ["callerId", ""],
  ["callerId", "1234567890123456"],
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

  // 15 digits of E.164 (ITU-T E.164, 6.2.1) and a tech prefix of 9.
  it.each([
    ["callee", 24],
    ["callerId", 15],
  ] as const)("lets nothing but digits through as %s, %i at most, perhaps with a plus sign before", (field, most) => {
    const nearly = fc
      .tuple(
        fc.stringMatching(/^\+?\d{0,26}$/),
        fc.nat(27),
        fc.constantFrom("", "\r", "\n", "\r\n", "+", "@", "\u2028", "٤"),
      )
      .map(([number, at, piece]) => number.slice(0, at) + piece + number.slice(at));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), nearly), (text) => {
        let passes = true;
        try {
          assertCallRequest({ ...good, [field]: text });
        } catch {
          passes = false;
        }
        const digits = text.startsWith("+") ? text.slice(1) : text;
        const fit = digits.length >= 3 && digits.length <= most && [...digits].every((c) => c >= "0" && c <= "9");
        expect(passes).toBe(fit);
      }),
      { numRuns: 5000 },
    );
  });
});
