/** Whose call it is, by its headers: the attacks of which each would prove another person's number. */
import { describe, expect, it } from "vitest";
import { readInvite } from "../../../../src/telephony/asterisk/invite.ts";
import { type CallerRules, judgeCaller, numberOf, shownCaller } from "../../../../src/telephony/calls/caller.ts";
import { assertedBy, called, caller, inviteOf, inviteText, wireInviteOf } from "../../../support/invite.ts";

const pai: CallerRules = { identity: "pai", to_may_differ: false };
const from: CallerRules = { identity: "from", to_may_differ: false };
const asserted = assertedBy(caller);
const attacker = "+447700900999";
/** A trunk whose numbers have the plus sign. */
const read = (number: string) => (/^\+[1-9]\d{6,14}$/.test(number) ? number : null);

/** Of the INVITE as the dialplan passes it on; the same INVITE read off the wire is judged alike. */
const judge = (headers: readonly string[], rules = pai, number = called) => {
  const judged = judgeCaller(inviteOf({ called: number, headers }), rules, read);
  expect(judgeCaller(wireInviteOf({ called: number, headers }), rules, read)).toEqual(judged);
  return judged;
};
const doubtOf = (...args: Parameters<typeof judge>) => {
  const judged = judge(...args);
  return "doubt" in judged ? judged.doubt : judged.caller;
};

describe("a forwarded call proves nothing", () => {
  it.each([
    ["Diversion", [`Diversion: <sip:${attacker}@net.example>;reason=unconditional`]],
    ["Diversion of no reason, in other letters", ["DIVERSION: <tel:+447700900999>"]],
    ["two Diversions", ["Diversion: <sip:a@b>;counter=1", "Diversion: <sip:c@d>"]],
    ["History-Info with a cause in the URI", ["History-Info: <sip:a@b>;index=1, <sip:c@d;cause=302>;index=1.1"]],
    ["History-Info with an escaped Reason", ["History-Info: <sip:a@b?Reason=SIP%3Bcause%3D486>;index=1"]],
    [
      "History-Info whose cause is in a later line",
      ["History-Info: <sip:a@b>;index=1", "History-Info: <sip:c@d;cause=480>;index=1.1"],
    ],
    ["more History-Info than is passed on", Array.from({ length: 4 }, (_, n) => `History-Info: <sip:a@b>;index=${n}`)],
    ["History-Info mapped to another user", ["History-Info: <sip:a@b>;index=1, <sip:c@d>;index=1.1;mp=1"]],
    ["Referred-By, of a transfer", [`Referred-By: <sip:${attacker}@net.example>`]],
    ["Replaces", ["Replaces: 1@a;to-tag=1;from-tag=2"]],
    ["To of another number", [`To: <sip:${attacker}@net.example>`]],
    ["To that is no number", ["To: <sip:account@net.example>"]],
    ["To that cannot be read", ["To: <sip:+442079460001@a>, <sip:x@y>"]],
  ])("%s", (_, headers) => {
    expect(doubtOf([asserted, ...headers])).toBe("forwarded");
    expect(doubtOf([asserted, ...headers], from)).toBe("forwarded");
  });

  it("a To that differs is believed where the trunk says that it does, Diversion never", () => {
    const lax = { ...pai, to_may_differ: true };
    expect(doubtOf([asserted, "To: <sip:account@net.example>"], lax)).toBe(caller);
    expect(doubtOf([asserted, "History-Info: <sip:a@b>;index=1, <sip:c@d>;index=1.1;mp=1"], lax)).toBe(caller);
    expect(doubtOf([asserted, "Diversion: <sip:a@b>"], lax)).toBe("forwarded");
    expect(doubtOf([asserted, "History-Info: <sip:c@d;cause=302>;index=1"], lax)).toBe("forwarded");
  });

  it("a History-Info that only tells the path is none", () => {
    expect(doubtOf([asserted, "History-Info: <sip:+442079460001@net.example>;index=1"])).toBe(caller);
  });
});

describe("an identity that the network did not assert is withheld", () => {
  it.each([
    ["no P-Asserted-Identity", []],
    ["Remote-Party-ID alone", [`Remote-Party-ID: <sip:${caller}@net.example>;party=calling;screen=yes`]],
    ["a broken P-Asserted-Identity", [`P-Asserted-Identity: <sip:${caller}@net.example`]],
    ["one without a user", ["P-Asserted-Identity: <sip:net.example>"]],
    ["an empty one", ["P-Asserted-Identity: <>"]],
    ["two lines", [asserted, assertedBy(attacker)]],
    ["two lines of one number", [asserted, asserted]],
    ["two in one line", [`P-Asserted-Identity: <sip:${caller}@a>, <sip:${attacker}@b>`]],
    ["two in one line without brackets", [`P-Asserted-Identity: sip:${caller}@a,sip:${attacker}@b`]],
    ["a display name that looks like one", [`P-Asserted-Identity: "a\\" <sip:${caller}@b>" <sip:x@y>`]],
    ["letters between the digits", [assertedBy("+44x7700abc900123")]],
    ["an escaped plus sign", [assertedBy("%2b447700900123")]],
    ["spaces", [assertedBy("+44 7700 900123")]],
    ["dashes", [assertedBy("+44-7700-900123")]],
    ["a password", [`P-Asserted-Identity: <sip:${caller}:x@net.example>`]],
    ["embedded headers", [`P-Asserted-Identity: <sip:${caller}@net.example?From=x>`]],
    ["a part of a number", ["P-Asserted-Identity: <tel:7700900123;phone-context=+44>"]],
    ["a part of a number in a SIP URI", [assertedBy("7700900123;phone-context=+44")]],
    ["another scheme", [`P-Asserted-Identity: <mailto:${caller}@net.example>`]],
    ["Privacy: id", [asserted, "Privacy: id"]],
    ["Privacy: header;user", [asserted, "Privacy: header;user"]],
    ["an empty Privacy", [asserted, "Privacy: "]],
    ["two Privacy headers", [asserted, "Privacy: none", "Privacy: id"]],
    ["From anonymous", [asserted, "From: <sip:anonymous@anonymous.invalid>;tag=1"]],
    ["a From of another user at anonymous.invalid", [asserted, "From: <sip:x@anonymous.invalid>;tag=1"]],
  ])("%s", (_, headers) => {
    expect(doubtOf(headers)).toBe("withheld");
  });

  it.each([
    ["a display name", [`P-Asserted-Identity: "J. (Doe), @ home" <sip:${caller}@net.example;user=phone>`]],
    ["a tel URI", [`P-Asserted-Identity: <tel:${caller};cpc=ordinary>`]],
    ["no brackets", [`P-Asserted-Identity: sip:${caller}@net.example;user=phone`]],
    ["parameters in the user part", [assertedBy(`${caller};npdi;rn=+447700900999`)]],
    ["Privacy: none", [asserted, "Privacy: none"]],
    ["another From, which the phone wrote", [asserted, `From: <sip:${attacker}@phone.example>;tag=1`]],
  ])("one with %s is the network's", (_, headers) => {
    expect(doubtOf(headers)).toBe(caller);
  });

  it("From counts only where the trunk says so, and never against P-Asserted-Identity", () => {
    const own = `From: "x" <sip:${caller}@net.example>;tag=1`;
    expect(doubtOf([own])).toBe("withheld");
    expect(doubtOf([own], from)).toBe(caller);
    expect(doubtOf([own, asserted], from)).toBe(caller);
    expect(doubtOf([own, assertedBy(attacker)], from)).toBe("withheld");
    expect(doubtOf([own, "P-Asserted-Identity: <sip:net.example>"], from)).toBe("withheld");
    expect(doubtOf([own, "Privacy: id"], from)).toBe("withheld");
    expect(doubtOf(["From: <sip:+44x7700abc900123@phone.example>;tag=1"], from)).toBe("withheld");
  });
});

describe("a number", () => {
  it("that is not in the trunk's format is told from a withheld one", () => {
    expect(doubtOf([assertedBy("447700900123")])).toBe("wrong_format");
    expect(doubtOf([assertedBy("07700900123")])).toBe("wrong_format");
  });

  it("has no digits from the parameters of its user part", () => {
    expect(numberOf("+442079460512;npdi;rn=+442079460999")).toBe("+442079460512");
    expect(numberOf("+44207946050;x=1")).toBe("+44207946050");
    expect(numberOf("+44x20")).toBe("");
    expect(doubtOf([asserted], pai, `${called};npdi;rn=+442079460999`)).toBe(caller);
    expect(doubtOf([asserted, `To: <sip:${called};x=2@a>`], pai, `${called};x=1`)).toBe(caller);
  });

  it("is shown as a phone would, for a look at what arrived", () => {
    expect(shownCaller(inviteOf())).toBe(caller);
    expect(shownCaller(inviteOf({ headers: ["From: <sip:account@a>;tag=1"] }))).toBe("account");
    expect(shownCaller(inviteOf({ headers: [asserted, "Privacy: id"] }))).toBe("");
  });
});

describe("an attestation", () => {
  const verstat = (value: string) => assertedBy(`${caller};verstat=${value}`);
  it.each([
    ["A", [verstat("TN-Validation-Passed-A")], caller],
    ["A", [verstat("TN-Validation-Passed-B")], "not_attested"],
    ["B", [verstat("TN-Validation-Passed-B")], caller],
    ["C", [verstat("TN-Validation-Passed")], caller],
    ["B", [verstat("TN-Validation-Passed")], "not_attested"],
    ["A", [verstat("TN-Validation-Passed"), "P-Attestation-Indicator: A"], caller],
    ["A", ["Attestation-Info: A"], "not_attested"],
    ["A", [asserted, "Attestation-Info: A"], caller],
    ["A", [asserted, "Attestation-Info: A", "P-Attestation-Indicator: C"], "not_attested"],
    ["C", [asserted, "Attestation-Info: full"], "not_attested"],
    ["C", [asserted], "not_attested"],
    ["C", [verstat("No-TN-Validation"), "Attestation-Info: A"], "not_attested"],
    ["A", [`P-Asserted-Identity: <tel:${caller};verstat=TN-Validation-Passed-A>`], caller],
    [undefined, [verstat("TN-Validation-Failed")], "not_attested"],
    [undefined, [verstat("No-TN-Validation")], caller],
  ] as const)("where %s is asked for: %j", (min, headers, expected) => {
    const rules = min === undefined ? pai : { ...pai, min_attestation: min };
    // Without an identity there is nothing to attest.
    expect(doubtOf(headers, rules)).toBe(headers[0]?.startsWith("P-Asserted") ? expected : "withheld");
  });
});

describe("what the dialplan passes on", () => {
  it("is read only where it is whole", () => {
    const text = inviteText();
    expect(readInvite(text)).not.toBeNull();
    for (let length = 0; length < text.length; length++) expect(readInvite(text.slice(0, length))).toBeNull();
    const broken = [undefined, [text, text], `${text}&end`, text.replace("&pai2=", "&pai3="), text.replace("%3C", "<")];
    for (const other of broken) expect(readInvite(other)).toBeNull();
  });

  it("is not believed where Asterisk may have cut it, or gave no header names", () => {
    const long = (length: number) => readInvite(inviteText({ headers: [assertedBy("1".repeat(length))] }));
    expect(long(900)).not.toBeNull();
    expect(long(1000)).toBeNull();
    expect(readInvite(inviteText().replace(/names=[^&]*/, "names="))).toBeNull();
  });

  it("may have a display name that is not UTF-8", () => {
    expect(readInvite(inviteText().replace("pai=", "pai=%22J%FCrgen%22%20"))?.asserted).toEqual([
      `"Jürgen" <sip:${caller}@carrier.example>`,
    ]);
  });
});
