import { describe, expect, it } from "vitest";
import { domainOf, needsSmtpUtf8, readAddress } from "../../../../src/channels/email/address.ts";

const local64 = "a".repeat(64);
/** 189 octets: three labels of 63 without the dots. */
const longLabels = ["b", "c", "d"].map((letter) => letter.repeat(63)).join(".");

describe("accepted, in canonical form", () => {
  it.each([
    ["ada@example.com", "ada@example.com"],
    ["the domain in lower case, the local part as given", "Ada.L@EXAMPLE.Com", "Ada.L@example.com"],
    ["white space around it is dropped", " \tada@example.com\r\n", "ada@example.com"],
    ["dots and tags stay", "a.d.a+news@gmail.com", "a.d.a+news@gmail.com"],
    ["every character of atext", "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ["an internationalised domain as A-labels", "ada@Bücher.example", "ada@xn--bcher-kva.example"],
    ["ideographic full stops", "ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"],
    ["letters outside ASCII before the @", "用户@example.com", "用户@example.com"],
    ["in composed form (NFC)", "jose\u0301@example.com", "jos\u00e9@example.com"],
    ["64 octets before the @", `${local64}@example.com`, `${local64}@example.com`],
    ["254 octets in all", `${"a".repeat(56)}@${longLabels}.efg.h`, `${"a".repeat(56)}@${longLabels}.efg.h`],
  ])("%s", (...row) => {
    const [given, expected] = row.length === 3 ? row.slice(1) : row;
    expect(readAddress(given ?? "")).toEqual({ to: expected });
  });
});

describe("refused", () => {
  it.each([
    ["", "is not an e-mail address"],
    ["ada", "is not an e-mail address"],
    ["@example.com", "is not an e-mail address"],
    ["ada@", "is not an e-mail address"],
    [`${local64}a@example.com`, "64 octets"],
    ["65 octets in 33 characters", `${"é".repeat(32)}a@example.com`, "64 octets"],
    ["255 octets in all", `${"a".repeat(57)}@${longLabels}.efg.h`, "254 octets"],
    ["a label of 64", `ada@${"b".repeat(64)}.example`, "no valid domain"],
    ["x".repeat(600), "254 octets"],
    ['"ada lovelace"@example.com', "quoted local part"],
    ["ada@[192.0.2.1]", "IP address"],
    ["ada@192.0.2.1", "no valid domain"],
    ["what some read as 127.0.0.1", "ada@127.1", "no valid domain"],
    ["ada@0x7f.1", "no valid domain"],
    ["ada@localhost", "without a dot"],
    ["ada@example.com.", "no valid domain"],
    ["ada@-example.com", "no valid domain"],
    ["ada@exam_ple.com", "no valid domain"],
    ["ada@ex%61mple.com", "no valid domain"],
    ["ada@example..com", "no valid domain"],
    [".ada@example.com", "dot at the beginning"],
    ["ada.@example.com", "dot at the beginning or end"],
    ["a..da@example.com", "two in a row"],
    ["a b@example.com", "character before the @"],
    ["Ada <ada@example.com>", "character before the @"],
    ["two addresses", "ada@example.com,eve@example.com", "more than one @"],
    ["two @", "ada@evil.example@example.com", "more than one @"],
    ["a comment", "ada(home)@example.com", "character before the @"],
    ["CRLF and a command", "ada\r\nRCPT TO:<eve@example.com>@example.com", "more than one @"],
    ["a header", "ada@example.com\r\nBcc: eve@example.com", "more than one @"],
    ["a line break in the domain", "ada@example.com\r\n.evil.example", "no valid domain"],
    ["NUL", "ada\u0000@example.com", "character before the @"],
    ["a zero-width space", "ada\u200b@example.com", "character before the @"],
    ["a right-to-left override", "ada\u202e@example.com", "character before the @"],
    ["a lone surrogate", "ada\ud800@example.com", "character before the @"],
  ])("%s", (...row) => {
    const [given = "", why = ""] = row.length === 3 ? row.slice(1) : row;
    const read = readAddress(given);
    expect(read).toEqual({ problem: expect.stringContaining(why) });
    // It is shown in answers and logs.
    expect(JSON.stringify(read)).not.toContain("ada@");
  });
});

it("what is read once is read the same again", () => {
  for (const address of ["Ada@Bücher.example", "用户@例え.テスト"]) {
    const read = readAddress(address);
    expect("to" in read && readAddress(read.to)).toEqual(read);
  }
});

it("only a local part outside ASCII needs SMTPUTF8", () => {
  expect(needsSmtpUtf8("ada@xn--bcher-kva.example")).toBe(false);
  expect(needsSmtpUtf8("用户@example.com")).toBe(true);
  expect(domainOf("ada@example.com")).toBe("example.com");
});
