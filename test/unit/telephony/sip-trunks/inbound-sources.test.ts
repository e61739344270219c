/** Whose requests are taken: those of the addresses that DNS names now, and of the server that keeps the registration. */
import { pino } from "pino";
import { expect, test } from "vitest";
import { cryptoRandom as random } from "../../../../src/shared/random.ts";
import { createDigests } from "../../../../src/sip/auth/digest.ts";
import { createInbound } from "../../../../src/sip/inbound/index.ts";
import { parseMessage } from "../../../../src/sip/message.ts";
import type { ServerTransaction } from "../../../../src/sip/transaction/port.ts";
import type { Flow } from "../../../../src/sip/transport/port.ts";
import { locatedOf, sourceTrunk } from "../../../../src/telephony/sip-trunks/inbound-sources.ts";
import { createRefusedRoutes } from "../../../../src/telephony/sip-trunks/refused-routes.ts";
import { createTrunkWatch } from "../../../../src/telephony/sip-trunks/trunk-watch.ts";
import { sipTrunk } from "../../../support/sip-config.ts";
import { FarEnd, settle, targetOf } from "../../../support/sip-far-end.ts";

test("a call over the connection that our registration was made on is taken, though DNS names another address since", async () => {
  const far = new FarEnd();
  const { nowMs } = far.clock;
  const logger = pino({ level: "silent" });
  const config = sipTrunk({
    ...{ host: "carrier.example", transport: "tcp", qualify_seconds: 0 },
    ...{ username: "alice", password: "s3cret", register: { expires_seconds: 300 } },
  });
  const plan = {
    ...{ name: "carrier", config, hop: { host: "carrier.example", protocol: "tcp" as const }, routes: [] },
    credentials: { username: "alice", password: "s3cret" },
  };
  const watch = createTrunkWatch({
    ...{ ...far.parts, random, logger, plans: [plan], userAgent: "OneRing", host: "our.example" },
    ...{ digests: createDigests(random, nowMs), refusedRoutes: createRefusedRoutes(logger, nowMs) },
  });
  const located = () => locatedOf(plan, { all: () => far.targets }, watch.registrar("carrier"));
  const inbound = createInbound({
    ...{ trunks: [sourceTrunk("carrier", config, located)], status: 486, perSecond: 100 },
    ...{ report: () => undefined, nowMs, logger },
  });
  watch.start();
  await settle();
  const flow = far.flows.get("192.0.2.1") as Flow;
  const pass = async (ms: number) => {
    far.clock.pass(ms);
    await settle();
    // A verdict over an address counts for a second.
    far.clock.pass(1000);
  };

  far.targets = [targetOf("192.0.2.2")];
  await pass(60_000);
  expect([inbound.answers(flow), statusOf(inbound, flow)]).toEqual([true, 486]);

  // It ends: the carrier has moved.
  far.answer = () => ["403 Forbidden"];
  await pass(240_000);
  expect([inbound.answers(flow), statusOf(inbound, flow)]).toEqual([false, null]);
});

function statusOf(inbound: ReturnType<typeof createInbound>, flow: Flow): number | null {
  const lines = [
    "INVITE sip:alice@198.51.100.7:5060;transport=tcp SIP/2.0",
    "Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKa",
    "From: <sip:+447700900123@carrier.example>;tag=1",
    "To: <sip:alice@carrier.example>",
    "Call-ID: 1@carrier.example",
    "CSeq: 1 INVITE",
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  const request = parseMessage(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  let status: number | null = null;
  const transaction = {
    ...{ request, flow, ignore: () => undefined, onAcknowledged: () => undefined },
    respond(response: { readonly status: number }) {
      status = response.status;
      return true;
    },
  };
  inbound.receive(transaction as unknown as ServerTransaction, 0);
  return status;
}
