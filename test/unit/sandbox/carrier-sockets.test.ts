/** The carrier on real sockets of loopback, called by our own client transactions. */
import { once } from "node:events";
import { connect } from "node:net";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import type { Call } from "../../../src/sandbox/carrier/call.ts";
import { placeCall } from "../../../src/sandbox/carrier/caller.ts";
import { type Carrier, startCarrier } from "../../../src/sandbox/carrier/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createTransactions } from "../../../src/sip/transaction/index.ts";
import type { OutgoingRequest, TransactionLayer } from "../../../src/sip/transaction/port.ts";
import { createTransports } from "../../../src/sip/transport/index.ts";
import { offer } from "./sip-client.ts";

const shared = { clock: systemClock, random: cryptoRandom };
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function carrier(timings = {}): Promise<Carrier & { readonly calls: Call[] }> {
  const calls: Call[] = [];
  const onCall = (call: Call) => {
    if (!calls.includes(call)) calls.push(call);
  };
  const started = await startCarrier({ ...shared, logger: pino({ level: "silent" }), timings, onCall });
  stops.push(() => started.stop());
  return { ...started, calls };
}

async function caller(protocol: "udp" | "tcp", port: number) {
  const transports = createTransports({ ...shared, udp: [{ address: "127.0.0.1", port: 0 }] });
  const layer = createTransactions({ ...shared, transports });
  await transports.start();
  stops.push(async () => {
    layer.stop();
    await transports.stop();
  });
  return { layer, flow: await transports.connect({ protocol, address: "127.0.0.1", port }) };
}

function invite(callee: string, callId: string): OutgoingRequest {
  return {
    method: "INVITE",
    uri: `sip:${callee}@127.0.0.1`,
    headers: [
      ["From", "<sip:+33639981234@127.0.0.1>;tag=ours"],
      ["To", `<sip:${callee}@127.0.0.1>`],
      ["Call-ID", callId],
      ["CSeq", "1 INVITE"],
      ["Contact", "<sip:ours@127.0.0.1>"],
      ["Content-Type", "application/sdp"],
    ],
    body: offer,
  };
}

/** Every status in its order, one that was retransmitted once; canceled at the first 180. */
function missedCall(layer: TransactionLayer, flow: Parameters<TransactionLayer["invite"]>[1], callId: string) {
  return new Promise<(number | string)[]>((resolve) => {
    const statuses: (number | string)[] = [];
    const transaction = layer.invite(invite("+447400123456", callId), flow, {
      response: ({ status }) => {
        // A process that stood still for T1 sends its INVITE again, and is answered again.
        if (statuses.at(-1) !== status) statuses.push(status);
        if (status === 180) transaction.cancel();
        if (status >= 200) resolve(statuses);
      },
      failed: (why) => resolve([...statuses, why]),
    });
  });
}

it.each(["udp", "tcp"] as const)(
  "100 missed calls at once over %s: each rings, is canceled and acknowledged",
  async (protocol) => {
    const { port, calls } = await carrier({ postDialMs: 20 });
    const { layer, flow } = await caller(protocol, port);
    const ended = await Promise.all(Array.from({ length: 100 }, (_, call) => missedCall(layer, flow, `call-${call}`)));
    expect(new Set(ended.map(String))).toEqual(new Set(["100,180,487"]));
    expect(calls.map(({ state }) => state)).toEqual(Array(100).fill("missed"));
    if (protocol === "tcp") expect(layer.size).toBe(0);
  },
);

it("a call that comes in, over UDP: its final status, with ACK", async () => {
  const { port, calls } = await carrier({ postDialMs: 0 });
  const call = { ...shared, port, caller: "+447400123456", called: "+447400123901" };
  expect(await placeCall(call)).toBe(486);
  expect(await placeCall({ ...call, caller: "anonymous", called: "+447400123902" })).toBe(404);
  expect(calls.map(({ callerId }) => callerId)).toEqual(["+447400123456", "anonymous"]);
});

it("a connection that sends a message of more than 16 KB is closed", async () => {
  const { port } = await carrier();
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(`OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 20000\r\n\r\n${"x".repeat(20_000)}`);
  await once(socket, "close");
});
