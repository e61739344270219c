import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { createCallHeaders, escapeUser } from "../../../../src/telephony/sip-trunks/headers.ts";
import { trunkIdentityProblems } from "../../../../src/telephony/sip-trunks/identity-checks.ts";
import {
  StirShaken,
  TrunkIdentity,
  type TrunkIdentityConfig,
} from "../../../../src/telephony/sip-trunks/identity-config.ts";
import { trunkIdentity } from "../../../support/trunk-identity.ts";

const call = { callee: "+447700900123", callerId: "+12025550147" };
const ends = { carrier: "sip.carrier.example", own: "our.example" };
const headersOf = (given: Partial<TrunkIdentityConfig> = {}, own: Parameters<typeof createCallHeaders>[1] = ends) =>
  createCallHeaders(trunkIdentity(given), own)(call);

describe("the headers of a call", () => {
  it("carry the caller ID in From and P-Asserted-Identity where the trunk says nothing", () => {
    expect(headersOf()).toEqual({
      uri: "sip:+447700900123@sip.carrier.example",
      from: "<sip:+12025550147@our.example>",
      to: "<sip:+447700900123@sip.carrier.example>",
      contactUser: "onering",
      headers: [["P-Asserted-Identity", "<sip:+12025550147@our.example>"]],
    });
  });

  it("have the carrier's port in the Request-URI alone, and IPv6 in brackets", () => {
    const { uri, to } = headersOf({}, { ...ends, carrier: "[2001:db8::5]:5080" });
    expect(uri).toBe("sip:+447700900123@[2001:db8::5]:5080");
    expect(to).toBe("<sip:+447700900123@[2001:db8::5]>");
  });

  it("mark numbers with user=phone, but no account", () => {
    const account = { username: "acc-1", registers: true };
    const { uri, from, to, headers, contactUser } = headersOf({ user_phone: true }, { ...ends, account });
    expect(uri).toBe("sip:+447700900123@sip.carrier.example;user=phone");
    expect(to).toBe("<sip:+447700900123@sip.carrier.example;user=phone>");
    expect(from).toBe("<sip:acc-1@our.example>");
    expect(headers).toEqual([["P-Asserted-Identity", "<sip:+12025550147@our.example;user=phone>"]]);
    expect(contactUser).toBe("acc-1");
  });

  it("keep the caller ID in From where an account answers challenges without registering", () => {
    const account = { username: "acc-1", registers: false };
    expect(headersOf({}, { ...ends, account }).from).toBe("<sip:+12025550147@our.example>");
  });

  it("are tel URIs where the trunk wants them; a number without a plus sign has a context", () => {
    const write = createCallHeaders(trunkIdentity({ request_uri: "tel", p_asserted_identity: "both" }), ends);
    expect(write(call)).toMatchObject({
      uri: "tel:+447700900123",
      to: "<tel:+447700900123>",
      headers: [
        ["P-Asserted-Identity", "<sip:+12025550147@our.example>"],
        ["P-Asserted-Identity", "<tel:+12025550147>"],
      ],
    });
    expect(write({ callee: "9990447700900123", callerId: "2025550147" })).toMatchObject({
      uri: "tel:9990447700900123;phone-context=sip.carrier.example",
      headers: [
        ["P-Asserted-Identity", "<sip:2025550147@our.example>"],
        ["P-Asserted-Identity", "<tel:2025550147;phone-context=our.example>"],
      ],
    });
  });

  it("ask with P-Preferred-Identity, and show or withhold with Privacy", () => {
    expect(headersOf({ p_asserted_identity: "none", p_preferred_identity: "tel", privacy: "none" }).headers).toEqual([
      ["P-Preferred-Identity", "<tel:+12025550147>"],
      ["Privacy", "none"],
    ]);
    const withheld = headersOf({ privacy: "id" });
    expect(withheld.from).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>');
    expect(withheld.headers).toContainEqual(["Privacy", "id"]);
    // The carrier knows it; nothing that reaches the callee has it.
    expect(`${withheld.uri}${withheld.from}${withheld.to}${withheld.contactUser}`).not.toContain("2025550147");
  });

  it("have Diversion and the trunk's further headers, with the numbers of the call", () => {
    const { headers } = headersOf({
      p_asserted_identity: "none",
      diversion: { number: "+12025550100", reason: "no-answer" },
      extra_headers: [
        { name: "X-Account", value: "42" },
        { name: "P-Charge-Info", value: "<sip:{caller_id}@our.example>" },
        { name: "Remote-Party-ID", value: "<sip:{caller_id}@our.example>;party=calling;screen=yes;privacy=off" },
        { name: "X-To", value: "{callee} by {caller_id}" },
      ],
    });
    expect(headers).toEqual([
      ["Diversion", "<sip:+12025550100@our.example>;reason=no-answer"],
      ["X-Account", "42"],
      ["P-Charge-Info", "<sip:+12025550147@our.example>"],
      ["Remote-Party-ID", "<sip:+12025550147@our.example>;party=calling;screen=yes;privacy=off"],
      ["X-To", "+447700900123 by +12025550147"],
    ]);
  });

  it("escape what an account has that a user part must not hold", () => {
    expect(escapeUser("a@b c>;x")).toBe("a%40b%20c%3E;x");
    expect(escapeUser("+1&=$,;?/")).toBe("+1&=$,;?/");
    expect(escapeUser('"\r\nVia: x')).toBe("%22%0D%0AVia%3A%20x");
  });
});

describe("a trunk's identity section", () => {
  const accepts = (given: object) => Value.Check(TrunkIdentity, { ...trunkIdentity(), ...given });

  it.each([
    ["a line break in a value", { extra_headers: [{ name: "X-A", value: "a\r\nVia: SIP/2.0/UDP evil" }] }],
    ["a lone line feed", { extra_headers: [{ name: "X-A", value: "a\nb" }] }],
    ["a line break at a value's end", { extra_headers: [{ name: "X-A", value: "a\n" }] }],
    ["a null byte", { extra_headers: [{ name: "X-A", value: "a\0b" }] }],
    ["what is not ASCII", { extra_headers: [{ name: "X-A", value: "ä" }] }],
    ["an empty value", { extra_headers: [{ name: "X-A", value: "" }] }],
    ["a colon in a name", { extra_headers: [{ name: "X-A: b", value: "c" }] }],
    ["a line break in a name", { extra_headers: [{ name: "X-A\r\nVia", value: "c" }] }],
    ["a compact name", { extra_headers: [{ name: "v", value: "c" }] }],
    ["21 headers", { extra_headers: Array(21).fill({ name: "X-A", value: "c" }) }],
    ["a bracket in from_user", { from_user: "a>;x=<b" }],
    ["a line break in from_user", { from_user: "a\r\nb" }],
    ["another host in contact_user", { contact_user: "a@b" }],
    ["parameters in the diverting number", { diversion: { number: "1202>;a=b", reason: "unknown" } }],
    ["another reason", { diversion: { number: "+1202555", reason: "x\r\ny" } }],
  ])("refuses %s", (_, given) => {
    expect(accepts(given)).toBe(false);
  });

  const path = ["trunks", "a", "sip", "identity"];
  const problemsOf = (given: Partial<TrunkIdentityConfig>) =>
    trunkIdentityProblems(path, trunkIdentity(given)).map((problem) => problem.path.slice(path.length).join("."));

  it("is sound by default, and with any header that is not ours", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ extra_headers: [{ name: "X-Account", value: "{caller_id}" }] })).toEqual([]);
  });

  it.each([
    "Via",
    "From",
    "to",
    "Contact",
    "CALL-ID",
    "Route",
    "Content-Length",
    "Authorization",
    "Identity",
    "Privacy",
  ])("refuses the header %s, which the stack writes", (name) => {
    expect(problemsOf({ extra_headers: [{ name, value: "x" }] })).toEqual(["extra_headers.0.name"]);
  });

  it("refuses other placeholders, two kinds of identity, and a caller ID that would be nowhere", () => {
    expect(problemsOf({ extra_headers: [{ name: "X-A", value: "{code}" }] })).toEqual(["extra_headers.0.value"]);
    expect(problemsOf({ p_preferred_identity: "sip" })).toEqual(["p_preferred_identity"]);
    expect(problemsOf({ p_asserted_identity: "none", from_user: "acc" })).toEqual(["from_user"]);
    expect(problemsOf({ p_asserted_identity: "none", privacy: "id" })).toEqual(["privacy"]);
  });
});

describe("the address of the certificate", () => {
  it.each([
    ["https://certs.our.example/shaken.pem", true],
    ["https://certs.our.example:8443/shaken.pem", true],
    ["https://certs.our.example:8080/shaken.pem", false],
    ["http://certs.our.example/shaken.pem", false],
    ["https://user@certs.our.example/shaken.pem", false],
    ["https://certs.our.example/shaken.pem?a=b", false],
    ["https://certs.our.example/shaken.pem>;alg=none", false],
    ["https://certs.our.example/shaken.pem\r\nVia: x", false],
  ])("%j: %s", (x5u, accepted) => {
    const config = { private_key: "k".repeat(100), x5u, attestation: "A" };
    expect(Value.Check(StirShaken, config)).toBe(accepted);
  });
});
