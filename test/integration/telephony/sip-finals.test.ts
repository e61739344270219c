/** The outcome table against real Asterisk and SIPp: what the carrier does, and what the gateway knows of it then. */

import { randomUUID } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { type JoiningRelay, startJoiningRelay } from "../../support/joining-relay.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { sipSection, sipTrunk } from "../../support/sip-config.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import type { SipMessage } from "../../support/sipp-log.ts";
import { keepingLogger } from "./world.ts";

// Much longer than the carrier's pauses: dozens of SIPps start together, and one was seen 700 ms late.
const ringMs = 2500;
const setupLimitMs = 4000;
const delayMs = 300;
/** Between what Asterisk and what the carrier says of the same message, on a machine that does other things too. */
const toleranceMs = 200;
/** What this process, which takes the gateway's times, was late itself: on a busy machine that is all of the tolerance. */
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

interface Row {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly expected: Partial<CallResult>;
  /** Over TCP, what the carrier sends at the same time comes in one piece. */
  readonly inOnePiece?: boolean;
}

const ring: Step = { send: "180 Ringing" };
const pause: Step = { pauseMs: delayMs };
const earlyMedia: Step = { send: "183 Session Progress", sdp: true };
const progress: Step = { send: "183 Session Progress" };
const answer: Step = { send: "200 OK", sdp: true };
const reason = (q850: number) => [
  "Reason: SIP;cause=480",
  `Reason: Q.850;cause=${q850};text="from the carrier, ;cause=1"`,
];

const redressUrl = "https://redress.example/form";
const blocked = [`Reason: SIP;cause=603;text="v=analytics1;url=${redressUrl}";location=RLN`];

/** A final before alerting: the far end's, and nothing of it is alive. */
function final(line: string, outcome: CallResult["outcome"], q850?: number): Row {
  const sipStatus = Number(line.slice(0, 3));
  const headers = q850 === undefined ? [] : reason(q850);
  if (sipStatus === 302) headers.push("Contact: <sip:+12025550199@127.0.0.1:5999>");
  return {
    name: q850 === undefined ? line : `${line}, Q.850;cause=${q850}`,
    steps: [{ send: line, headers }, "ack"],
    expected: { ...refused, outcome, sipStatus, ...(q850 !== undefined && { q850Cause: q850 }) },
  };
}

const seen = { source: "sip", falseAnswer: false, silent: false, inviteOver: true } as const;
const refused = { ...seen, alerted: false, endedBy: "far_end", postDialDelayMs: null, ringMs: null } as const;
const hungUp = { ...seen, endedBy: "us" } as const;

/** What the carrier does → what is known of the attempt, all of it with the capture's help. */
const rows: readonly Row[] = [
  final("302 Moved Temporarily", "unknown"),
  final("400 Bad Request", "unknown"),
  final("401 Unauthorized", "trunk_down"),
  final("403 Forbidden", "barred"),
  final("404 Not Found", "unallocated"),
  final("404 Not Found", "congestion", 3),
  final("407 Proxy Authentication Required", "trunk_down"),
  final("408 Request Timeout", "no_answer_signal"),
  final("410 Gone", "changed"),
  final("433 Anonymity Disallowed", "caller_id_refused"),
  final("477 Unfortunately error on sending to next hop occurred", "congestion"),
  final("480 Temporarily Unavailable", "no_answer_signal"),
  final("480 Temporarily Unavailable", "no_answer_signal", 19),
  final("480 Temporarily Unavailable", "switched_off", 20),
  final("481 Call/Transaction Does Not Exist", "congestion"),
  final("484 Address Incomplete", "invalid_format"),
  final("486 Busy Here", "busy"),
  final("488 Not Acceptable Here", "unknown"),
  final("491 Request Pending", "congestion"),
  final("500 Server Internal Error", "congestion"),
  final("501 Not Implemented", "congestion"),
  final("502 Bad Gateway", "congestion"),
  final("503 Service Unavailable", "congestion"),
  final("503 Service Unavailable", "barred", 21),
  final("513 Message Too Large", "congestion"),
  final("600 Busy Everywhere", "busy"),
  final("603 Decline", "caller_id_refused"),
  final("604 Does Not Exist Anywhere", "unallocated"),
  final("607 Unwanted", "caller_id_refused"),
  final("608 Rejected", "caller_id_refused"),
  {
    name: "603 Network Blocked",
    steps: [{ send: "603 Network Blocked", headers: blocked }, "ack"],
    expected: { ...refused, outcome: "caller_id_refused", networkBlocked: true, redressUrl },
  },
  {
    name: "603 Network Blocked after 180",
    steps: [pause, ring, pause, { send: "603 Network Blocked", headers: blocked }, "ack"],
    expected: { ...seen, outcome: "caller_id_refused", alerted: true, networkBlocked: true, redressUrl },
  },
  {
    name: "603 after 180",
    steps: [pause, ring, pause, { send: "603 Decline" }, "ack"],
    expected: { ...seen, outcome: "declined", alerted: true, sipStatus: 603, endedBy: "far_end" },
  },
  {
    name: "180, rings until we hang up",
    steps: [pause, ring, "canceled"],
    expected: { ...hungUp, outcome: "rang", alerted: true, sipStatus: 487 },
  },
  {
    name: "a late 180",
    steps: [{ send: "100 Trying" }, { pauseMs: 1500 }, ring, "canceled"],
    expected: { ...hungUp, outcome: "rang", alerted: true, sipStatus: 487 },
  },
  {
    name: "183 with SDP, then nothing",
    steps: [earlyMedia, "canceled"],
    expected: { ...hungUp, progress: true, outcome: "no_answer_signal", alerted: false, sipStatus: 487 },
  },
  {
    name: "183 without SDP, then nothing",
    steps: [progress, "canceled"],
    expected: { ...hungUp, progress: true, outcome: "no_answer_signal", alerted: false, sipStatus: 487 },
  },
  {
    name: "183 with an announcement, then 404",
    steps: [earlyMedia, pause, { send: "404 Not Found" }, "ack"],
    expected: { ...refused, outcome: "unallocated", sipStatus: 404 },
  },
  {
    name: "silence",
    steps: [{ pauseMs: 8000 }],
    expected: { ...hungUp, outcome: "no_answer_signal", alerted: false, silent: true, inviteOver: false },
  },
  {
    name: "200 at once",
    steps: [answer, "ack", "bye"],
    expected: { ...hungUp, outcome: "answered", alerted: false, sipStatus: 200, falseAnswer: true },
  },
  {
    name: "200 after 180",
    steps: [pause, ring, pause, answer, "ack", "bye"],
    expected: { ...hungUp, outcome: "answered", alerted: true, sipStatus: 200 },
  },
  {
    name: "200 that crosses our CANCEL",
    steps: [pause, ring, "crossed", "bye"],
    expected: { ...hungUp, outcome: "answered", alerted: true, sipStatus: 200 },
  },
  {
    name: "200 that crosses our CANCEL, in one piece with the 200 to it",
    steps: [pause, ring, "crossed", "bye"],
    expected: { ...hungUp, outcome: "answered", alerted: true, sipStatus: 200 },
    inOnePiece: true,
  },
  {
    name: "180 and 486 in one piece",
    steps: [pause, ring, { send: "486 Busy Here" }, "ack"],
    expected: { ...seen, outcome: "declined", alerted: true, sipStatus: 486, endedBy: "far_end" },
    inOnePiece: true,
  },
  {
    name: "no 487 to our CANCEL",
    steps: [pause, ring, "canceled without 487"],
    expected: { ...hungUp, outcome: "rang", alerted: true, inviteOver: false },
  },
];

/** The same carrier where Asterisk's events are all there is. */
const coarser: Readonly<Record<string, Partial<CallResult>>> = {
  // Asterisk says that the far end sent it: its own fail-safe would look the same else.
  "480 Temporarily Unavailable, Q.850;cause=20": { outcome: "no_answer_signal", q850Cause: 19, inviteOver: true },
  "503 Service Unavailable, Q.850;cause=21": { outcome: "congestion", q850Cause: 34, inviteOver: true },
  "486 Busy Here": { outcome: "busy", inviteOver: true },
  "603 after 180": { outcome: "declined", alerted: true },
  "200 that crosses our CANCEL": { outcome: "rang", alerted: true, inviteOver: false },
  "180, rings until we hang up": { outcome: "rang", alerted: true, inviteOver: false },
  silence: { outcome: "no_answer_signal", silent: true, inviteOver: false },
  "400 Bad Request": { outcome: "unknown", inviteOver: true },
  "401 Unauthorized": { outcome: "trunk_down", inviteOver: true },
  "407 Proxy Authentication Required": { outcome: "trunk_down", inviteOver: true },
  "477 Unfortunately error on sending to next hop occurred": { outcome: "congestion", inviteOver: true },
  "501 Not Implemented": { outcome: "congestion", inviteOver: true },
  "513 Message Too Large": { outcome: "congestion", inviteOver: true },
  "603 Network Blocked": { outcome: "caller_id_refused", networkBlocked: true },
  "603 Network Blocked after 180": { outcome: "caller_id_refused", alerted: true, networkBlocked: true },
  "200 at once": { outcome: "answered", falseAnswer: true },
};

interface Played {
  readonly result: Promise<CallResult>;
  readonly carrier: SippCarrier;
}

const runtime = withRuntime();
const writeScenario = withScenarios();
const sippsAtOnce = 8;

/** What places the calls: an Asterisk, with or without the SIP capture, or the gateway's own SIP. */
type Through = "capture" | "events" | "sip";

const limits = { max_concurrent_calls: 100, calls_per_second: 1000 };
const trunkOf = (own: Partial<TrunkConfig>): TrunkConfig => ({
  ...{ ...plainNumbers, ...limits, ring_on: "180", ranges: ["block"] },
  ...own,
});
type PlayedRow = { readonly name: string; readonly port: number };

async function throughAsterisk(rows: readonly PlayedRow[], transport: "udp" | "tcp", through: Through) {
  const hepPort = await freePort("udp");
  const asterisk = await runtime.asterisk({
    ...(through === "capture" && { hepPort, hepPassword: "only this test" }),
    trunks: rows.map(({ name, port }) => ({ name, host: "127.0.0.1", port, transport, qualifySeconds: 0 })),
  });
  const capture = {
    host: "127.0.0.1",
    port: hepPort,
    allow_from: [],
    password: "only this test",
    // A busy machine brings the last response late; what the product waits for is a matter of taste.
    wait_ms: 4000,
    max_calls: 1000,
    trace_calls: 0,
  };
  const main = {
    driver: "ari-client" as const,
    ari_url: asterisk.ari.url,
    ari_user: asterisk.ari.user,
    ari_password: asterisk.ari.password,
    ari_app: "onering",
    request_timeout_ms: 5000,
    ...limits,
  };
  return {
    name: "main",
    config: {
      asterisks: { main },
      ...(through === "capture" && { sip_capture: capture }),
      trunks: Object.fromEntries(rows.map(({ name }) => [name, trunkOf({ asterisk: "main", endpoint: name })])),
    },
  };
}

async function ownSip(rows: readonly PlayedRow[], transport: "udp" | "tcp") {
  return {
    name: "sip",
    config: {
      asterisks: {},
      sip: await sipSection({ end_wait_ms: 4000 }),
      trunks: Object.fromEntries(
        rows.map(({ name, port }) => [name, trunkOf({ sip: sipTrunk({ host: "127.0.0.1", port, transport }) })]),
      ),
    },
  };
}

/** Plays rows, all at the same time: each has its own carrier, behind a trunk of its own. */
function play(played: readonly Row[], transport: "udp" | "tcp", through: Through): (name: string) => Played {
  const calls = new Map<string, Played>();
  let telephony: Telephony;
  let logs: ReturnType<typeof keepingLogger>;
  const carriers: SippCarrier[] = [];
  const relays: JoiningRelay[] = [];

  async function portOf({ inOnePiece }: Row, { port }: SippCarrier): Promise<number> {
    if (transport === "udp" || inOnePiece !== true) return port;
    const relay = await startJoiningRelay(port);
    relays.push(relay);
    return relay.port;
  }

  beforeAll(async () => {
    for (let from = 0; from < played.length; from += sippsAtOnce) {
      const some = played.slice(from, from + sippsAtOnce).map(async ({ steps }) => {
        return startSipp({ scenario: await writeScenario(steps), transport });
      });
      carriers.push(...(await Promise.all(some)));
    }
    logs = keepingLogger();
    const names: PlayedRow[] = [];
    for (const [row, carrier] of carriers.entries()) {
      names.push({ name: `row-${row}`, port: await portOf(played[row] as Row, carrier) });
    }
    const engine =
      through === "sip" ? await ownSip(names, transport) : await throughAsterisk(names, transport, through);
    telephony = createTelephony({
      apps: appsOf(1),
      config: {
        ...engine.config,
        routes: [{ prefix: "+", trunks: ["row-0"] }],
        routing: patientRouting,
        limits: noLimits,
        calls: {
          ring_ms: ringMs,
          setup_limit_ms: setupLimitMs,
          ...{ max_queue_ms: 0, max_trunks: 1, second_call_gap_ms: 3000, drain_ms: 30_000 },
        },
      },
      admission: freeAdmission,
      clock: systemClock,
      random: cryptoRandom,
      logger: logs.logger,
    });
    await telephony.start();
    await vi.waitFor(() => expect(telephony.asterisks()).toEqual([[engine.name, true]]), { timeout: 8000 });
    played.forEach(({ name }, row) => {
      const { promise, resolve } = deferred<CallResult>();
      const slot = { leaseId: `${row}`, asterisk: engine.name, trunk: `row-${row}`, ranges: ["block"], waitMs: 0 };
      telephony.dialer.place(
        { callId: randomUUID(), callee: "+447700900123", callerId: "+12025550147", range: "block", slot },
        { calling: () => undefined, ringing: () => undefined, ended: resolve },
      );
      calls.set(name, { result: promise, carrier: carriers[row] as SippCarrier });
    });
  });
  afterAll(async () => {
    await telephony?.dialer.drain(0);
    await telephony?.stop();
    for (const relay of relays) await relay.close();
    for (const carrier of carriers) await carrier.stop();
    for (const secret of ["12025550147", "447700900123"]) expect(logs.text()).not.toContain(secret);
  });

  return (name) => {
    const call = calls.get(name);
    if (call === undefined) throw new Error(`nothing was played for ${name}`);
    return call;
  };
}

/** What the carrier received and sent, for the one who reads a failure. */
async function messagesOf(carrier: SippCarrier): Promise<string> {
  const messages = await carrier.messages();
  return messages
    .map(({ atMs, method, status }) => `${Math.round(atMs)} ${method === "" ? status : method}`)
    .join(", ");
}

/** From the INVITE to the first 180, as the carrier saw it. */
function delayAtCarrier(messages: readonly SipMessage[]): number {
  const invite = messages.find(({ method }) => method === "INVITE");
  const ringing = messages.find(({ status }) => status === 180);
  return (ringing?.atMs ?? Number.NaN) - (invite?.atMs ?? Number.NaN);
}

describe.each([
  ["udp", "through Asterisk, with the SIP capture", "capture"],
  ["tcp", "through Asterisk, with the SIP capture", "capture"],
  ["udp", "over our own SIP", "sip"],
  ["tcp", "over our own SIP", "sip"],
] as const)("over %s, %s", (transport, _how, through) => {
  const call = play(rows, transport, through);

  it.each(rows)("$name", async ({ name, expected }) => {
    const { result, carrier } = call(name);
    const known = await result;
    expect(known, `the carrier saw ${await messagesOf(carrier)}`).toMatchObject(expected);
    if (!known.alerted) return;
    const delayAtCarrierMs = delayAtCarrier(await carrier.messages());
    const lateMs = loopDelay.max / 1e6;
    expect(Math.abs((known.postDialDelayMs ?? Number.NaN) - delayAtCarrierMs)).toBeLessThan(toleranceMs + lateMs);
    expect(known.ringMs).not.toBeNull();
  });
});

describe("without the SIP capture", () => {
  const played = rows.filter(({ name }) => coarser[name] !== undefined);
  const call = play(played, "udp", "events");

  it.each(played)("$name", async ({ name }) => {
    expect(await call(name).result).toMatchObject({ ...coarser[name], source: "events" });
  });

  it("has all rows that it wants to show", () => {
    expect(played.map(({ name }) => name).sort()).toEqual(Object.keys(coarser).sort());
  });
});
