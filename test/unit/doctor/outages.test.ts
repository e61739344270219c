import { describe, expect, it } from "vitest";
import { describe as text } from "../../../src/doctor/finding.ts";
import { describeOutages, type PartOut } from "../../../src/doctor/outages.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import { telephonyConfig } from "../telephony/telephony-config.ts";

const { trunks, asterisks } = telephonyConfig();
const trunk = (...names: string[]): TrunkConfig => {
  const { asterisk: _, ...rest } = trunks.plus as TrunkConfig;
  return { ...rest, asterisks: names };
};
const config = {
  trunks: { a: trunk("x", "y"), b: trunk("x") },
  asterisks: { x: asterisks.main, y: asterisks.main } as Record<string, AsteriskConfig>,
  routes: [
    { prefix: "+", trunks: ["a", "b"] },
    { prefix: "+33", trunks: ["b"] },
  ],
  admin: { api_keys_sha256: ["0".repeat(64)] },
};
const out = (kind: "trunk" | "asterisk", name: string, changed: Partial<PartOut["outage"]> = {}): PartOut => ({
  part: { kind, name },
  outage: { by: "operator", who: "key 3f9a01bc", reason: "new SBC", sinceMs: 1_772_366_400_000, ...changed },
});
const said = (parts: PartOut[], from: Parameters<typeof describeOutages>[0] = config) =>
  describeOutages(from, parts).map(text).join("");

describe("what is out of service", () => {
  it("is told: which, since when, by whom, why, and how it comes back", () => {
    const told = said([out("trunk", "b"), out("asterisk", "y")]);
    expect(told).toContain(
      'warn  Trunk b: out of service for all gateways since 2026-03-01T12:00:00.000Z, by an operator (key 3f9a01bc): "new SBC"',
    );
    expect(told).toContain("/v1/admin/trunks/b/undrain");
    expect(told).toMatch(/Asterisk y: out of service[^\n]*\n[^\n]*\/v1\/admin\/asterisks\/y\/undrain/);
    expect(told).not.toContain("FAIL");
  });

  it("is told of a canary as what a canary ends, and names the key that is missing", () => {
    const canary = { by: "canary", who: "onering doctor --canary", reason: "caller_id_altered" } as const;
    const { admin: _, ...keyless } = config;
    const told = said([out("trunk", "a", canary)], keyless);
    expect(told).toContain('by onering doctor --canary: "caller_id_altered"');
    expect(told).toMatch(/A canary that finds the code right puts it back.*once `admin\.api_keys_sha256` has/);
    expect(said([out("trunk", "a")])).not.toMatch(/canary|api_keys_sha256/);
  });

  it("is nothing to warn of where nothing is", () => {
    expect(said([])).toBe("  ok   No trunk or Asterisk is drained\n");
  });

  it("names the callees that nobody can call now", () => {
    expect(said([out("trunk", "b")])).toMatch(/warn {2}Callees of \+33 cannot be called/);
    expect(said([out("asterisk", "x")])).toMatch(/warn {2}Callees of \+33 cannot be called/);
    expect(said([out("trunk", "a")])).not.toContain("cannot be called");
  });

  it.each([
    ["all trunks", [out("trunk", "a"), out("trunk", "b")]],
    ["all Asterisks", [out("asterisk", "x"), out("asterisk", "y")]],
    ["one trunk and the other's Asterisk", [out("trunk", "a"), out("asterisk", "x")]],
  ])("is an error where no call can be placed: %s", (_, parts) => {
    expect(said(parts)).toMatch(/FAIL {2}No call can be placed/);
  });
});
