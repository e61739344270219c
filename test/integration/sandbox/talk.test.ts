/** The simulated phone in a call with a real Asterisk: what it hears, the keys it presses, and both ways to hang up. */
import { afterAll, beforeAll, expect, it } from "vitest";
import WebSocket from "ws";
import { type AsteriskServer, startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { type Carrier, startCarrier } from "../../../src/sandbox/carrier/index.ts";
import { Phone } from "../../../src/sandbox/phone.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariRequest, originate } from "../../support/ari-request.ts";

const trunk = "simulated-carrier";
const phone = new Phone();
let carrier: Carrier;
let asterisk: AsteriskServer;
let socket: WebSocket;
const events: { readonly type: string; readonly channel?: { readonly id: string }; readonly digit?: string }[] = [];

beforeAll(async () => {
  const logger = createLogger({ level: "silent" });
  carrier = await startCarrier({
    ...{ clock: systemClock, random: cryptoRandom, logger },
    timings: { postDialMs: 50 },
    onCall: (call) => phone.update(call),
  });
  asterisk = await startAsterisk((await findPrograms()).asterisk, {
    trunks: [{ name: trunk, host: carrier.address, port: carrier.port, transport: "udp", qualifySeconds: 5 }],
  });
  const { url, user, password } = asterisk.ari;
  socket = new WebSocket(`${url.replace("http", "ws")}/ari/events?app=test&api_key=${user}:${password}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  socket.on("message", (data) => events.push(JSON.parse(String(data))));
  // Where the gateway's own configuration does not load it already.
  await ariRequest(asterisk, "PUT", "/asterisk/modules/res_ari_playbacks.so");
});
afterAll(async () => {
  socket?.close();
  await asterisk?.stop();
  await carrier?.stop();
});

const seen = (type: string, channelId: string) => events.filter((e) => e.type === type && e.channel?.id === channelId);

/** A call that the phone answered. @returns its id in the phone's log */
async function answered(channelId: string, callee: string): Promise<string> {
  await originate(asterisk, { trunk, channelId, callee, callerId: "+33639981234" });
  const ringing = () => phone.calls().find(({ to, state }) => to === callee && state === "ringing");
  await expect.poll(ringing).toBeDefined();
  const id = ringing()?.id ?? "";
  expect(phone.answer(id)).toBe("done");
  await expect.poll(() => seen("StasisStart", channelId)).toHaveLength(1);
  return id;
}

/** The loudest sample that was heard. */
const loudest = (id: string) => {
  const samples = phone.audio(id)?.recording.linear() ?? Buffer.alloc(0);
  return Math.max(0, ...new Int16Array(samples.buffer, samples.byteOffset, samples.length / 2));
};

it("hears what Asterisk plays, presses keys that Asterisk takes, and hangs up", async () => {
  const id = await answered("talk-1", "+447400123001");
  expect(loudest(id)).toBe(0);
  await ariRequest(asterisk, "POST", "/channels/talk-1/play?media=tone:1004/1000,0/500");
  await expect.poll(() => loudest(id)).toBeGreaterThan(3000);

  // Twice the same key in a row is two keys.
  expect(phone.press(id, "11#*0")).toBe("done");
  await expect
    .poll(() => seen("ChannelDtmfReceived", "talk-1").map(({ digit }) => digit))
    .toEqual(["1", "1", "#", "*", "0"]);

  expect(phone.hangUp(id)).toBe("done");
  await expect.poll(() => seen("StasisEnd", "talk-1")).toHaveLength(1);
  expect(phone.find(id)).toMatchObject({ state: "answered", ended_at: expect.any(String) });
});

it("is hung up by Asterisk, and keeps what it heard", async () => {
  const id = await answered("talk-2", "+447400123002");
  let ended = false;
  phone.audio(id)?.listen((samples) => {
    ended ||= samples === null;
  });
  await ariRequest(asterisk, "POST", "/channels/talk-2/play?media=tone:1004/1000,0/500");
  await expect.poll(() => loudest(id)).toBeGreaterThan(3000);
  await ariRequest(asterisk, "DELETE", "/channels/talk-2");
  await expect.poll(() => phone.find(id)?.ended_at).toEqual(expect.any(String));
  expect(ended).toBe(true);
  expect(loudest(id)).toBeGreaterThan(3000);
  expect(phone.press(id, "1")).toBe("not_up");
});
