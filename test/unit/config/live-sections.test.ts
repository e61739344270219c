/** What a reload may change: one table for all sections, and what it makes of two configurations. */
import { describe, expect, it } from "vitest";
import { changesBetween } from "../../../src/config/changes.ts";
import { createLiveConfig } from "../../../src/config/live-config.ts";
import { liveSections, mergeCertificates, mergeLive } from "../../../src/config/live-sections.ts";
import { type Config, ConfigSchema } from "../../../src/config/schema.ts";
import { pathText } from "../../../src/typed-yaml/errors.ts";
import { nodeOf, shapeOf } from "../../../src/typed-yaml/schema-node.ts";
import { testConfig } from "../../support/test-config.ts";

const config = testConfig();
const keys = (before: Config, after: Config) =>
  changesBetween(before, after).map(({ path, before, after }) => `${pathText(path)}: ${before} → ${after}`);

describe("the table", () => {
  it("has every section of the schema", () => {
    const root = shapeOf(nodeOf(ConfigSchema));
    const sections = root.kind === "section" ? root.properties : {};
    expect(Object.keys(liveSections).sort()).toEqual(Object.keys(sections).sort());
    // What is always there has no contents that could come or go.
    const required = new Set(nodeOf(ConfigSchema).required);
    for (const [name, how] of Object.entries(liveSections))
      expect(how === "contents" && required.has(name), name).toBe(false);
  });
});

describe("a merged configuration", () => {
  it("has what is live of the new one and the rest of the running one, section by section", () => {
    const changed: Config = {
      ...config,
      calls: { ...config.calls, ring_ms: 4000 },
      numbers: { ...config.numbers, denied_prefixes: ["+44740"] },
      log: { level: "debug" },
    };
    const merged = mergeLive(config, changed);
    expect(merged).toEqual({ ...changed, calls: config.calls });
    expect(keys(config, merged)).toEqual([
      "numbers.denied_prefixes: a list of 0 → a list of 1",
      expect.stringMatching(/^log\.level: ".*" → "debug"$/),
    ]);
    expect(keys(merged, changed)).toEqual(["calls.ring_ms: 5000 → 4000"]);
  });

  it("lets the operators' API neither come nor go, and takes its keys", () => {
    const admin = { api_keys_sha256: ["a".repeat(64)] };
    expect(mergeLive(config, { ...config, admin }).admin).toEqual(config.admin);
    const { admin: _none, ...without } = { ...config, admin };
    expect(mergeLive({ ...config, admin }, without).admin).toEqual(admin);
    const other = { api_keys_sha256: ["b".repeat(64)] };
    expect(mergeLive({ ...config, admin }, { ...config, admin: other }).admin).toEqual(other);
  });

  it("takes the key of STIR/SHAKEN, and nothing else of our own SIP", () => {
    const identity = (name: string) => ({ private_key: name, certificate_url: "https://a.example/b" });
    const sip = (own: object) => ({ ...config, sip: { host: "192.0.2.1", ...own } }) as unknown as Config;
    const merged = (before: object, after: object) => mergeLive(sip(before), sip(after)).sip;
    expect(merged({ identity: identity("a"), udp_port: 1 }, { identity: identity("b"), udp_port: 2 })).toEqual({
      ...{ host: "192.0.2.1", udp_port: 1, identity: identity("b") },
    });
    expect(merged({}, { identity: identity("b") })).toHaveProperty("identity");
    expect(merged({ identity: identity("a") }, {})).not.toHaveProperty("identity");
    expect(mergeLive(config, sip({ identity: identity("b") }))).not.toHaveProperty("sip");
  });

  it("takes certificates, keys and authorities of SIP that are there already, and none that come or go", () => {
    const sip = (own: object, trunk: object) =>
      ({
        ...{ ...config, sip: { host: "192.0.2.1", tls: own } },
        trunks: { a: { sip: { host: "b", tls: trunk }, ranges: ["block"] }, other: config.trunks.a },
      }) as unknown as Config;
    const running = sip({ port: 1, certificate: "1", private_key: "1" }, { ca: "1", server_name: "c" });
    const next = sip({ port: 2, certificate: "2", private_key: "2", ca: "2" }, { ca: "2", certificate: "2" });
    const expected = sip({ port: 1, certificate: "2", private_key: "2" }, { ca: "2", server_name: "c" });
    expect(mergeLive(running, next)).toEqual(expected);
    expect(mergeCertificates(running, { ...next, log: { level: "debug" } })).toEqual(expected);
    expect(mergeCertificates(running, sip({ port: 1 }, {}))).toBe(running);
  });

  it("is what the parts of the gateway read from then on: live sections only", () => {
    const live = createLiveConfig(config);
    const { numbers, limits, calls } = live.view;
    live.replace({
      ...config,
      numbers: { ...config.numbers, allowed_countries: ["FR"] },
      limits: { ...config.limits, apps: { calls_per_second: 3 } },
      calls: { ...config.calls, ring_ms: 4000 },
      routes: [],
    });
    expect(numbers.allowed_countries).toEqual(["FR"]);
    expect({ ...limits.apps }).toEqual({ calls_per_second: 3 });
    expect(calls.ring_ms).toBe(config.calls.ring_ms);
    expect(live.view.routes).toEqual([]);
  });
});

describe("a change", () => {
  it("names the key and both values, and hides secrets", () => {
    const other: Config = {
      ...config,
      secrets: { ...config.secrets, hmac_key: "another secret of 32 characters, or more" },
      apps: { ...config.apps, extra: { api_keys_sha256: ["f".repeat(64)] } },
    };
    const text = keys(config, other);
    expect(text).toEqual(["secrets.hmac_key: (hidden) → (hidden)", "apps.extra: null → a section"]);
    expect(JSON.stringify(text)).not.toContain("another secret");
    const [name = ""] = Object.keys(config.apps);
    const rotated = {
      ...config,
      apps: { [name]: { ...config.apps[name], api_keys_sha256: ["e".repeat(64)] } },
    } as Config;
    expect(keys(config, rotated)).toEqual([
      `apps.${name}.api_keys_sha256${(config.apps[name]?.api_keys_sha256.length ?? 0) === 1 ? "[0]: (hidden) → (hidden)" : ": a list"}`,
    ]);
  });

  it("is none where nothing differs", () => {
    expect(changesBetween(config, structuredClone(config))).toEqual([]);
  });
});
