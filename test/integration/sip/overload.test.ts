/** A carrier whose server accepts connections and then says nothing: its calls wait, and no other call has to. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { expect, it } from "vitest";
import { startSipTelephony } from "./sip-telephony.ts";

it("a carrier that takes no connection is no overload of the gateway", async () => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => void sockets.add(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const gateway = await startSipTelephony({
    trunk: { host: "127.0.0.1", port: (mute.address() as AddressInfo).port, transport: "tls" },
    sip: { timers: { connect_ms: 300 } },
    overload: { event_loop_delay_ms: 10_000, originate_ms: 100, ring_overrun_ms: 30_000 },
  });
  try {
    // Each second of calls is judged when the next one begins.
    for (let second = 0; second < 4; second++) {
      const ends = await Promise.all(Array.from({ length: 6 }, () => gateway.place().result));
      expect(ends.map(({ outcome }) => outcome)).toEqual(Array(6).fill("trunk_down"));
      await after(750);
    }
    expect(gateway.telephony.overloadLimit()).toBeNull();
    expect(gateway.logged()).not.toContain("overload");
  } finally {
    await gateway.stop();
    for (const socket of sockets) socket.destroy();
    mute.close();
  }
}, 20_000);
