import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastResponseIn } from "../../../../src/telephony/asterisk/last-response.ts";

/** The expression as asterisk-config has it; in AMI's events Asterisk has taken the backslashes off. */
const inConfig = /^channelvars = (.*)$/m.exec(readFileSync("asterisk-config/ari.conf", "utf8"))?.[1] ?? "";
const name = inConfig.replaceAll("\\", "");

/** As the asterisk-manager package parses `ChanVariable: <name>=<value>`: it splits at the first `=`. */
const overAmi = (value: string) => {
  const [key = "", ...rest] = `${name}=${value}`.split("=");
  return { [key]: rest.join("=") };
};
const over = { ari: (value: string) => ({ [name]: value, other: "SIP 404 x" }), ami: overAmi };

describe.each(["ari", "ami"] as const)("the last response in a channel's variables over %s", (api) => {
  it.each([
    ["SIP 503 Service Unavailable", { status: 503, phrase: "Service Unavailable" }],
    ["SIP 603 Network Blocked", { status: 603, phrase: "Network Blocked" }],
    ["SIP 180 ", { status: 180, phrase: "" }],
    ["SIP 100", { status: 100, phrase: "" }],
    [`SIP 480 ${"x".repeat(500)}`, { status: 480, phrase: "x".repeat(64) }],
    [
      "SIP 480 a=b:ONERING_LAST_RESPONSE)}})=SIP 200 OK",
      { status: 480, phrase: "a=b:ONERING_LAST_RESPONSE)}})=SIP 200 OK" },
    ],
    ["", { status: 0, phrase: "" }],
    ["SIP 99 Odd", null],
    ["SIP 5030 Odd", null],
    ["ISUP 16", null],
  ])("%j", (value, expected) => {
    expect(lastResponseIn(over[api](value))).toEqual(expected);
  });
});

describe("the last response", () => {
  it("is not known where the variable is not there", () => {
    for (const none of [undefined, null, "", [], {}, { "CHANNEL(pjsip,call-id)": "SIP 503 x" }, { [name]: 7 }]) {
      expect(lastResponseIn(none)).toBeNull();
    }
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        lastResponseIn(value);
      }),
    );
  });
});

it("ari.conf and manager.conf have the same line, and modules.conf what it needs", () => {
  expect(inConfig).toContain("ONERING_LAST_RESPONSE)}})");
  expect(readFileSync("asterisk-config/manager.conf", "utf8")).toContain(`channelvars = ${inConfig}`);
  const modules = readFileSync("asterisk-config/modules.conf", "utf8");
  for (const module of ["func_hangupcause", "func_logic", "func_strings"]) {
    expect(modules).toMatch(new RegExp(`^require = ${module}\\.so$`, "m"));
  }
});
