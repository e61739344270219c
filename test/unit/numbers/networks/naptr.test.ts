import { describe, expect, test } from "vitest";
import { readAnswer, replacementOf } from "../../../../src/numbers/networks/enum/naptr.ts";

const callee = "+447400123456";
const record = (regexp: string, changed: object = {}) => ({
  ...{ flags: "u", service: "E2U+pstn:tel", regexp, replacement: "", order: 10, preference: 100 },
  ...changed,
});
const nothing = { mccMnc: null, name: null, spn: null, rn: null, ported: null };

describe("what suppliers answer", () => {
  test.each([
    [
      "ported, with a routing number (RFC 4694)",
      `!^.*$!tel:${callee};npdi;rn=+447911!`,
      { rn: "447911", ported: true },
    ],
    ["asked for, and not ported", `!^.*$!tel:${callee};npdi!`, { ported: false }],
    [
      "a service provider number",
      `!^.*$!tel:${callee};npdi;rn=+447911;spn=42017!`,
      { rn: "447911", spn: "42017", ported: true },
    ],
    [
      "mcc and mnc with a back reference and escaped semicolons",
      "!^(.*)$!tel:\\1\\;mcc=310\\;mnc=012!",
      { mccMnc: "310012" },
    ],
    ["escaped twice", "!^(.*)$!tel:\\\\1\\\\\\;mcc=234\\\\\\;mnc=015!", { mccMnc: "23415" }],
    [
      "parameters alone",
      "!^(.*)$!country=null\\;operator=null\\;mcc=604\\;mnc=001\\;ported=false\\;err=0!",
      { mccMnc: "60401", ported: false },
    ],
    ["a name", `!^.*$!tel:${callee};cn=EE;ported=true!`, { name: "EE", ported: true }],
    [
      "a SIP URI with the parameters in its user part",
      `!^.*$!sip:${callee};npdi;rn=+447911@gw.test;user=phone!`,
      { rn: "447911", ported: true },
    ],
    [
      "a host of the mobile core",
      `!^.*$!sip:${callee}@ims.mnc030.mcc234.3gppnetwork.org;user=phone!`,
      { mccMnc: "23430" },
    ],
    [
      "digits of a routing number that separators divide",
      `!^.*$!tel:${callee};npdi;rn=+1-215-555-0199!`,
      { rn: "12155550199", ported: true },
    ],
    ["another separator", `#^.*$#tel:${callee};npdi#i`, { ported: false }],
  ])("%s", (_, regexp, expected) => {
    expect(readAnswer([record(regexp)], callee)).toEqual({ ...nothing, ...expected });
  });
});

test("records go by order, then preference; services that say nothing of a network are passed over", () => {
  const answer = readAnswer(
    [
      record(`!^.*$!tel:${callee};mcc=234;mnc=10!`, { order: 20 }),
      record(`!^.*$!tel:${callee};mcc=234;mnc=15!`, { preference: 200 }),
      record(`!^.*$!tel:${callee};mcc=234;mnc=20!`, { preference: 1, service: "E2U+email:mailto" }),
      record(`!^.*$!tel:${callee};mcc=234;mnc=33!`, { preference: 1, flags: "" }),
      record(`!^.*$!tel:${callee};mcc=234;mnc=30!`, { service: "e2u+SIP" }),
    ],
    callee,
  );
  expect(answer?.mccMnc).toBe("23430");
});

describe("what is not believed", () => {
  test.each([
    ["an answer about another number", "!^.*$!tel:+447400999999;mcc=234;mnc=10!"],
    ["one that says it failed", "!^.*$!mcc=234\\;mnc=10\\;err=3!"],
    ["no parameters", `!^.*$!tel:${callee}!`],
    ["a code that is none", `!^.*$!tel:${callee};mcc=999999;mnc=abc!`],
    ["a name with a control character", `!^.*$!tel:${callee};cn=E\u0000E!`],
    ["a host that only looks like the mobile core", `!^.*$!sip:${callee}@mnc030.mcc234.3gppnetwork.org.evil.test!`],
    ["no third separator", `!^.*$!tel:${callee};npdi`],
    ["a separator that is a digit", `1^.*$1tel:${callee};npdi1`],
    ["more than any honest record has", `!^.*$!tel:${callee};npdi;cn=${"x".repeat(2000)}!`],
    ["nothing", ""],
  ])("%s", (_, regexp) => {
    expect(readAnswer([record(regexp)], callee)).toBeNull();
  });

  test("records beyond the first 32", () => {
    const many = Array.from({ length: 32 }, () => record("!^.*$!tel:+1;npdi!", { order: 1 }));
    expect(readAnswer([...many, record(`!^.*$!tel:${callee};npdi!`)], callee)).toBeNull();
  });
});

test("a pattern that would take for ever is never run", () => {
  const hostile = `!^(((\\+?\\d+)*)*)*$!tel:${callee};npdi;rn=+447911!`;
  expect(replacementOf(hostile)).toBe(`tel:${callee};npdi;rn=+447911`);
  expect(readAnswer([record(hostile)], callee)?.ported).toBe(true);
});
