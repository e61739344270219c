/** An ARI that answers as Asterisk does after its start; the real one is too quick to be caught. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { qualifiedAfterMs, whenQualified } from "../../../src/doctor/when-qualified.ts";
import type { AriConfig } from "../../../src/telephony/asterisk/access.ts";

const startedAtMs = Date.UTC(2026, 0, 1);

/** @param onlineAtMs by the test's clock */
async function asked({ nowMs, onlineAtMs }: { nowMs: number; onlineAtMs: number }) {
  let now = nowMs;
  const said: string[] = [];
  const server = createServer((request, response) => {
    const status = { startup_time: new Date(startedAtMs).toISOString(), last_reload_time: "" };
    const endpoint = { state: now >= onlineAtMs ? "online" : "offline" };
    response.end(JSON.stringify(request.url?.includes("/endpoints/") ? endpoint : { status }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const ari_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asterisk = { ari_url, ari_user: "u", ari_password: "p", request_timeout_ms: 5000 } as AriConfig;
  const clock = {
    nowMs: () => now,
    pause: async (ms: number) => {
      now += ms;
    },
  };
  await whenQualified("pbx", asterisk, { endpoints: ["carrier"], say: (text) => said.push(text), clock });
  return { waitedMs: now - nowMs, said };
}

it("waits after a start until the first OPTIONS is answered, and says so", async () => {
  const { waitedMs, said } = await asked({ nowMs: startedAtMs + 3000, onlineAtMs: startedAtMs + 20_000 });
  expect(waitedMs).toBe(17_000);
  expect(said).toEqual([expect.stringContaining("may not be qualified yet: waiting up to 60 s")]);
});

it("waits no longer than the first OPTIONS may take", async () => {
  const { waitedMs } = await asked({ nowMs: startedAtMs + 3000, onlineAtMs: Number.POSITIVE_INFINITY });
  expect(waitedMs).toBe(qualifiedAfterMs - 3000);
});

it("waits for nothing where all is online, or Asterisk has run for long", async () => {
  expect(await asked({ nowMs: startedAtMs, onlineAtMs: 0 })).toEqual({ waitedMs: 0, said: [] });
  const old = { nowMs: startedAtMs + qualifiedAfterMs, onlineAtMs: Number.POSITIVE_INFINITY };
  expect(await asked(old)).toEqual({ waitedMs: 0, said: [] });
});

it("is bounded where Asterisk's clock is ahead of ours", async () => {
  const { waitedMs } = await asked({ nowMs: startedAtMs - 3_600_000, onlineAtMs: Number.POSITIVE_INFINITY });
  expect(waitedMs).toBe(qualifiedAfterMs);
});
