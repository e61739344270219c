/** Trunks whose inbound calls could not be told apart are refused in the configuration. */
import { describe, expect, it } from "vitest";
import { ambiguityProblems, type ConfiguredSource } from "../../../../src/sip/inbound/config-checks.ts";

const source = (name: string, own: Partial<ConfiguredSource> = {}): ConfiguredSource => ({
  ...{ name, path: ["trunks", name, "sip"], hosts: [`${name}.example`] },
  ...{ sources: [], domains: [], certificateNames: [], takesCalls: true },
  ...own,
});
const problemsOf = (...trunks: ConfiguredSource[]) => ambiguityProblems(trunks).map(({ path }) => path.join("."));

describe("two trunks", () => {
  it.each([
    ["one name", { hosts: ["sbc.example"] }, { hosts: ["SBC.example"] }],
    ["one address", { hosts: ["192.0.2.1"] }, { hosts: ["192.0.2.1"] }],
    ["one IPv6 address, written in two ways", { hosts: ["2001:db8::1"] }, { hosts: ["2001:DB8:0::1"] }],
    ["one proxy", { hosts: ["a.example", "192.0.2.1"] }, { hosts: ["b.example", "192.0.2.1"] }],
    ["an address in the other's block", { hosts: ["192.0.2.1"] }, { sources: ["192.0.2.0/28"] }],
    ["blocks that overlap", { sources: ["192.0.2.0/24"] }, { sources: ["192.0.2.128/25"] }],
    ["domains of which one is the same", { hosts: ["h"], domains: ["x", "y"] }, { hosts: ["h"], domains: ["Y"] }],
    ["a domain in one of them alone", { hosts: ["h"], domains: ["x"] }, { hosts: ["h"] }],
    ["one registered Contact", { hosts: ["h"], contactUser: "u" }, { hosts: ["h"], contactUser: "u" }],
  ])("with %s are ambiguous", (_, a, b) => {
    expect(problemsOf(source("a", a), source("b", b))).toEqual(["trunks.b.sip.domains"]);
    expect(problemsOf(source("a", { ...a, takesCalls: false }), source("b", { ...b, takesCalls: false }))).toEqual([]);
  });

  it.each([
    ["different names", {}, {}],
    ["blocks apart", { sources: ["192.0.2.0/25"] }, { sources: ["192.0.2.128/25"] }],
    ["domains of their own", { hosts: ["h"], domains: ["x"] }, { hosts: ["h"], domains: ["y"] }],
    ["Contacts of their own", { hosts: ["h"], contactUser: "x" }, { hosts: ["h"], contactUser: "y" }],
    ["a domain and a Contact", { hosts: ["h"], domains: ["x"] }, { hosts: ["h"], contactUser: "x" }],
    ["certificates", { hosts: ["h"], certificateNames: ["x"] }, { hosts: ["h"], certificateNames: ["y"] }],
  ])("with %s are fine", (_, a, b) => {
    expect(problemsOf(source("a", a), source("b", b))).toEqual([]);
  });
});
