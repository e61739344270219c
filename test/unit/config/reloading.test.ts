/** The reload of the gateway's own configuration: merged with what runs, checked again, and put into effect as a whole. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createLiveConfig } from "../../../src/config/live-config.ts";
import { createConfigReload } from "../../../src/config/reloading.ts";
import type { Config } from "../../../src/config/schema.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { testConfig } from "../../support/test-config.ts";

const start = testConfig();
const hash = "a".repeat(64);

function opened(problemsOfWorkflow: (path: string) => readonly string[] = () => []) {
  const live = createLiveConfig(start);
  const file = { content: start };
  const taken: string[][] = [];
  const { reload } = createConfigReload({
    ...{ live, load: async () => file.content, problemsOfWorkflow, applied: () => undefined },
    apps: { replaceConfigured: (apps) => void taken.push(Object.keys(apps)) },
    audit: { act: async (_act, run) => (await run()).result },
    clock: systemClock,
    logger: pino({ level: "silent" }),
  });
  return { live, file, taken, reload };
}

const withApp = (config: Config, app: Config["apps"][string]): Config => ({
  ...config,
  apps: { ...config.apps, extra: app },
});

describe("a reload", () => {
  it("takes apps, and what the gateway's parts read from then on", async () => {
    const { live, file, taken, reload } = opened();
    file.content = { ...withApp(start, { api_keys_sha256: [hash] }), routes: [] as never };
    const { applied, needsRestart, heldBack } = await reload("key 1");
    expect(heldBack).toEqual([]);
    expect(applied.map(({ key }) => key).sort()).toEqual(["apps.extra", "routes"]);
    expect(needsRestart).toEqual([]);
    expect(taken).toEqual([[...Object.keys(start.apps), "extra"]]);
    expect(live.now().routes).toEqual([]);
  });

  it("holds everything back where an app names what comes with a restart only", async () => {
    const { live, file, taken, reload } = opened();
    const voice: NonNullable<Config["voice"]> = {
      confirm_key: "1",
      ring_ms: 25_000,
      max_call_ms: 60_000,
      max_prompts: 3,
      key_wait_ms: 4000,
      prices: [],
    };
    file.content = withApp({ ...start, voice }, { api_keys_sha256: [hash], channels: ["voice"] });
    const { applied, needsRestart, heldBack } = await reload("key 1");
    expect(applied).toEqual([]);
    expect(needsRestart.map(({ key }) => key).sort()).toEqual(["apps.extra", "voice"]);
    expect(heldBack).toEqual([
      expect.stringMatching(/^apps\.extra\.channels\[0\]: "voice" given, expected a channel that is configured/),
    ]);
    expect([taken, live.now()]).toEqual([[], start]);
  });

  it("and where the channels leave a workflow no time", async () => {
    const { file, taken, reload } = opened((path) => (path.includes("extra") ? [`${path}[0]: too long`] : []));
    file.content = withApp(start, { api_keys_sha256: [hash], ttl_seconds: 60 });
    expect((await reload("key 1")).heldBack).toEqual(["apps.extra.workflow[0]: too long"]);
    expect(taken).toEqual([]);
  });

  it("is refused where there is no file", async () => {
    const { reload } = createConfigReload({
      ...{ live: createLiveConfig(start), load: undefined, problemsOfWorkflow: () => [], applied: () => undefined },
      apps: { replaceConfigured: () => undefined },
      audit: { act: async (_act, run) => (await run()).result },
      clock: systemClock,
      logger: pino({ level: "silent" }),
    });
    await expect(reload("key 1")).rejects.toMatchObject({ code: "not_supported" });
  });
});
