/** Profiles of apps stay within the limits of their gateway: in the configuration, and where the API makes an app. */
import { describe, expect, it } from "vitest";
import { openCodeNotes } from "../../../../src/config/open-codes.ts";
import { problemsOfProfile } from "../../../../src/config/profile-problems.ts";
import type { Config } from "../../../../src/config/schema.ts";
import { testConfig } from "../../../support/test-config.ts";
import { problemsAfter } from "../config-files.ts";

type Profile = Omit<Config["apps"][string], "api_keys_sha256">;

/** With the least configuration's only app. */
const withProfile = (profile: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  problemsAfter((config) => {
    const [name = ""] = Object.keys(config.apps);
    Object.assign((config.apps as Record<string, object>)[name] as object, profile);
    Object.assign(config, more);
  });

const gateway = testConfig();
const problems = (profile: Profile, own: Config = gateway) => problemsOfProfile("new", profile, own);

describe("a profile", () => {
  it("may be narrower than the gateway, or as wide", () => {
    const { verification, calls } = gateway;
    expect(
      problems({
        ...{ ttl_seconds: verification.ttl_seconds, max_checks: 1, ring_ms: calls.ring_ms, code_length: 8 },
        ...{ max_deliveries: 3, ranges: Object.keys(gateway.ranges), quiet_hours: { from: "21:00", to: "08:00" } },
        ...{ allowed_prefixes: ["+4474", "+4475"], denied_prefixes: ["+44740"] },
      }),
    ).toEqual([]);
  });

  it.each<[Profile, RegExp]>([
    [{ ttl_seconds: 600 }, /^ttl_seconds: 600 → expected at most 300 \(verification\.ttl_seconds\)$/],
    [{ max_checks: 4 }, /^max_checks: 4 → expected at most 3 \(verification\.max_checks\)$/],
    [{ ring_ms: 6000 }, /^ring_ms: 6000 → expected at most 5000 \(calls\.ring_ms\)$/],
    [{ ttl_seconds: 30 }, /^ttl_seconds: 30 → expected more than the 53 seconds that its calls may take$/],
    [{ ranges: ["gb"] }, /^ranges\[0\]: "gb" → expected the name of one of ranges/],
    [{ quiet_hours: { from: "08:00", to: "08:00" } }, /^quiet_hours\.to: 08:00 → expected another time than from/],
    [
      { allowed_prefixes: ["+4474065"], denied_prefixes: ["+4474"] },
      /^allowed_prefixes\[0\]: .*denied_prefixes \(\+4474\)/,
    ],
    [{ allowed_countries: ["UK"] }, /^allowed_countries\[0\]: UK → expected .*did you mean GB/],
    [{ channels: ["pigeon"] }, /^channels\[0\]: "pigeon" → expected a channel that is configured/],
    [
      { max_deliveries: 1, workflow: [{ channel: "missed_call" }, { channel: "missed_call" }] },
      /^max_deliveries: 1 → expected at least 2, the steps of workflow$/,
    ],
    [
      { ttl_seconds: 100, workflow: [{ channel: "missed_call", wait_seconds: 60 }, { channel: "missed_call" }] },
      /^workflow\[0\]\.wait_seconds: 60 → expected at most 40/,
    ],
  ])("that goes past the gateway's limits is refused: %j", (profile, expected) => {
    expect(problems(profile)).toEqual([expect.stringMatching(expected)]);
  });

  it("may not make codes that the wrong checks of one callee find too easily: by their length", () => {
    const verification = { ...gateway.verification, wrong_checks_per_callee: 20, message_code_length: 6 };
    expect(problems({ code_length: 4 }, { ...gateway, verification })).toEqual([
      expect.stringMatching(
        /^code_length: 4 → expected at least 5: 20 wrong checks find a code of 4 digits with a probability above/,
      ),
    ]);
    expect(problems({ code_length: 4 })).toEqual([]);
  });

  it("nor by the ranges that it leaves: of each trunk the part that the app may present counts", () => {
    const ranges: Config["ranges"] = {
      whole: { prefix: "+442079460", digits: 4 } as never,
      few: {
        numbers: Array.from({ length: 20 }, (_, i) => `+4420794700${String(i).padStart(2, "0")}`),
        digits: 4,
      } as never,
      other: { prefix: "+442079480", digits: 4 } as never,
    };
    const [name = ""] = Object.keys(gateway.trunks);
    const trunks = { [name]: { ...gateway.trunks[name], ranges: ["whole", "few"] } } as Config["trunks"];
    const own = { ...gateway, ranges, trunks };
    expect(problems({ ranges: ["whole"] }, own)).toEqual([]);
    expect(problems({ ranges: ["few"] }, own)).toEqual([
      expect.stringMatching(/^ranges: 20 caller IDs start with .* → expected at most max_guess_probability/),
    ]);
    expect(problems({ ranges: ["other"] }, own)).toEqual([
      expect.stringMatching(/^ranges: other → expected ranges of which a trunk may present at least one$/),
    ]);
  });

  it("is checked alike when the configuration is loaded", () => {
    expect(withProfile({ ttl_seconds: "600" })).toEqual([
      expect.stringMatching(/^apps\.\w+\.ttl_seconds: 600 → at most 300 \(verification\.ttl_seconds\)$/),
    ]);
    expect(withProfile({ quiet_hours: { from: "24:00", to: "8" } })).toEqual([
      expect.stringMatching(/quiet_hours\.from: .*a time of day/),
      expect.stringMatching(/quiet_hours\.to: .*a time of day/),
    ]);
    expect(withProfile({ ttl_seconds: "120" }, { verification: { ttl_seconds: "200" } })).toEqual([]);
  });
});

it("open codes of a workflow are judged by the code length of its app", () => {
  const workflow = [{ channel: "missed_call" }, { channel: "voice" }];
  const app = { api_keys_sha256: [], workflow };
  const of = (own: Partial<Config["apps"][string]>) =>
    openCodeNotes({ ...gateway, apps: { shop: { ...app, ...own } } }).filter(({ what }) => what.startsWith("apps."));
  const length = Object.values(gateway.ranges)[0]?.digits ?? 0;
  expect(of({})).toEqual([]);
  expect(of({ code_length: length })).toHaveLength(1);
});
