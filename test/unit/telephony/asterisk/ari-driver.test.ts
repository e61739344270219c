/** The ARI driver after a disconnect, over a transport that the test is; the real ones: test/integration/telephony. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { AriDriver } from "../../../../src/telephony/asterisk/ari/driver.ts";
import { AriError, type AriSession, type SessionListener } from "../../../../src/telephony/asterisk/ari/transport.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const channelId = "onering.a1.";
const channel = (state: string, data = "onering") => ({
  ...{ id: channelId, name: "PJSIP/carrier-00000001", state },
  dialplan: { app_name: "Stasis", app_data: data },
});

let server: Server;
/** What Asterisk lists. */
let channels: unknown[];
/** Playbacks that are over, or every channel that is to be hung up: 404. */
let isGone: boolean;
let isStuck: boolean;
let listener: SessionListener;
let clock: ManualClock;
let driver: AriDriver;
let events: string[];
let hungUp: string[];

const session = (): AriSession => ({
  originate: async () => undefined,
  async hangUp(id) {
    hungUp.push(id);
    if (isStuck) throw new AriError(0, "ETIMEDOUT");
  },
  play: async () => undefined,
  stopPlayback: async () => undefined,
  async getPlayback() {
    if (isGone) throw new AriError(404, "Playback not found");
  },
  getChannel: async () => undefined,
  setEventFilter: async () => undefined,
  ping: () => undefined,
  terminate: () => undefined,
});

beforeEach(async () => {
  [channels, isGone, isStuck, events, hungUp] = [[], false, false, [], []];
  server = createServer((request, response) => {
    const info = { system: { version: "22.10.1" }, status: { startup_time: "today" } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url?.includes("asterisk/info") ? info : channels));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  clock = new ManualClock();
  const asterisk = {
    ...{ driver: "ari-websocket" as const, ari_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    ...{ ari_user: "u", ari_password: "p", ari_app: "onering", request_timeout_ms: 2000 },
    ...{ max_concurrent_calls: 10, calls_per_second: 10 },
  };
  driver = new AriDriver(
    { asterisk, clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
    {
      start: () => undefined,
      stop: () => undefined,
      async open(_info, own) {
        listener = own;
        return session();
      },
    },
  );
  driver.onEvent(({ type }) => void events.push(type));
});
afterEach(async () => {
  await driver.stop();
  await new Promise((resolve) => server.close(resolve));
});

async function place(): Promise<void> {
  await driver.start();
  await driver.originate({
    callId: "a1",
    endpoint: "carrier",
    callee: "+447700900123",
    callerId: "+12025550147",
    failSafeSeconds: 30,
  });
}

async function reconnect(): Promise<void> {
  listener.lost("test");
  expect(driver.connected).toBe(false);
  clock.advance(10_000);
  await vi.waitFor(() => expect(driver.connected).toBe(true));
}

describe("after a disconnect", () => {
  it("calls go on though an orphan channel cannot be hung up: one that is stuck kept a gateway from all its calls", async () => {
    channels = [{ id: "onering.of-another-life.", state: "Ringing" }];
    isStuck = true;
    await driver.start();
    expect(hungUp).toEqual(["onering.of-another-life."]);
    expect(driver.connected).toBe(true);
  });

  it("an answered call can play sounds though that it entered the application was missed", async () => {
    await place();
    channels = [channel("Up")];
    await reconnect();
    expect(events).toEqual(["ready"]);
  });

  it.each([
    ["it is answered, and did not enter yet", channel("Up", "another,app"), ["answered"]],
    ["it rings", channel("Ringing"), ["alerting"]],
  ])("a call is not ready where %s", async (_what, listed, expected) => {
    await place();
    channels = [listed];
    await reconnect();
    expect(events).toEqual(expected);
  });

  it.each([
    [true, ["ready", "played"]],
    [false, ["ready"]],
  ])(
    "a playback that ended meanwhile (%s) is reported: its call would wait for it until its limit",
    async (gone, expected) => {
      await place();
      channels = [channel("Up")];
      listener.event({ type: "StasisStart", channel: channel("Up"), args: [] });
      await driver.media.play("a1", { id: "p1", sounds: ["digits/1"], language: "en" });
      isGone = gone;
      await reconnect();
      expect(events.filter((type) => type !== "answered")).toEqual(expected);
      listener.event({
        type: "PlaybackFinished",
        playback: { id: `${channelId}p1`, target_uri: `channel:${channelId}`, state: "done" },
      });
      isGone = true;
      const before = events.length;
      await reconnect();
      expect(events.length).toBe(before);
    },
  );
});
