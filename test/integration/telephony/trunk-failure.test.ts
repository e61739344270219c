/**
 * A first trunk that fails, against real Asterisk and SIPp: where no INVITE can be alive the second trunk rings, and where one
 * may be (the connection broke, and Asterisk made the final up) it does not.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import type { SipMessage } from "../../support/sipp-log.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { keepingLogger } from "./world.ts";

interface Failure {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The connection to the first trunk breaks once it sent this, or got the INVITE. */
  readonly breaksAfter?: "INVITE" | 100 | 180 | 183;
  /**
   * It has an account there, and answers a challenge: the connection breaks after the second INVITE. Asterisk reports the challenge as
   * the end, so that only the capture knows.
   */
  readonly challenged?: true;
  readonly expected: object;
}

const rangOnSecond = { outcome: "rang", alerted: true, attempts: [{ outcome: "trunk_down" }, { outcome: "rang" }] };
const unknown = { outcome: "interrupted", endedBy: "unknown", inviteOver: false, sipStatus: null } as const;
const holdOn: Step = { pauseMs: 8000 };

const failures: readonly Failure[] = [
  { name: "401", steps: [{ send: "401 Unauthorized" }, "ack"], expected: rangOnSecond },
  {
    name: "407",
    steps: [{ send: "407 Proxy Authentication Required" }, "ack"],
    expected: rangOnSecond,
  },
  {
    name: "a connection that breaks before a response",
    steps: [holdOn],
    breaksAfter: "INVITE",
    expected: { ...unknown, silent: true },
  },
  {
    name: "a connection that breaks once challenged",
    steps: [
      { send: "401 Unauthorized", headers: [`WWW-Authenticate: Digest realm="carrier",nonce="1",algorithm=MD5`] },
      ...["ack" as const, "invite" as const, holdOn],
    ],
    breaksAfter: "INVITE",
    challenged: true,
    expected: unknown,
  },
  {
    name: "a connection that breaks after 100",
    steps: [{ send: "100 Trying" }, holdOn],
    breaksAfter: 100,
    expected: { ...unknown, silent: false },
  },
  {
    name: "a connection that breaks after 183",
    steps: [{ send: "183 Session Progress" }, holdOn],
    breaksAfter: 183,
    expected: { ...unknown, progress: true },
  },
  {
    name: "a connection that breaks after 180",
    steps: [{ send: "180 Ringing" }, holdOn],
    breaksAfter: 180,
    expected: { ...unknown, alerted: true },
  },
];

const runtime = withRuntime();
const writeScenario = withScenarios();
const callerId = "+12025550147";

interface Setting {
  readonly call: (failure: Failure) => Promise<CallResult>;
  readonly ringsOnSecond: (failure: Failure) => Promise<number>;
}

/** Each failure has a first trunk of its own; all share the second. */
function setUp(
  transport: "udp" | "tcp",
  withCapture: boolean,
  played: readonly Failure[],
  driver: "ari-websocket" | "asterisk-manager" = "ari-websocket",
): Setting {
  const calleeOf = (failure: Failure) => `+4477009001${String(played.indexOf(failure)).padStart(2, "0")}`;
  const carriers: SippCarrier[] = [];
  const proxies: TcpProxy[] = [];
  let second: SippCarrier;
  let telephony: Telephony;

  beforeAll(async () => {
    for (const { steps } of played) carriers.push(await startSipp({ scenario: await writeScenario(steps), transport }));
    second = await startSipp({ scenario: "ringing" });
    if (transport === "tcp") for (const { port } of carriers) proxies.push(await startTcpProxy(port, "bytes"));
    const hepPort = await freePort("udp");
    const first = played.map(({ challenged }, index) => ({
      ...{ name: `first-${index}`, host: "127.0.0.1", transport, qualifySeconds: 0 },
      ...(challenged && { username: "onering", password: "of this test" }),
      port: (proxies[index] ?? carriers[index])?.port ?? 0,
    }));
    const asterisk = await runtime.asterisk({
      ...(withCapture && { hepPort }),
      ...(driver === "asterisk-manager" && { amiCallsApp: "onering" }),
      trunks: [...first, { name: "second", host: "127.0.0.1", port: second.port, transport: "udp", qualifySeconds: 0 }],
    });
    const trunk = (endpoint: string): TrunkConfig => ({
      ...plainNumbers,
      ...{ asterisk: "main", endpoint, ring_on: "180", ranges: ["block"] },
      ...{ max_concurrent_calls: 50, calls_per_second: 1000 },
    });
    const names = [...first.map(({ name }) => name), "second"];
    telephony = createTelephony({
      apps: appsOf(1),
      config: {
        limits: noLimits,
        asterisks: {
          main: {
            driver,
            ...(driver === "asterisk-manager" && { ami: asterisk.ami }),
            ari_url: asterisk.ari.url,
            ari_user: asterisk.ari.user,
            ari_password: asterisk.ari.password,
            ari_app: "onering",
            request_timeout_ms: 5000,
            max_concurrent_calls: 100,
            calls_per_second: 1000,
          },
        },
        ...(withCapture && {
          sip_capture: {
            host: "127.0.0.1",
            port: hepPort,
            allow_from: [],
            wait_ms: 1000,
            max_calls: 1000,
            trace_calls: 0,
          },
        }),
        trunks: Object.fromEntries(names.map((name) => [name, trunk(name)])),
        routes: played.map((failure, index) => ({ prefix: calleeOf(failure), trunks: [`first-${index}`, "second"] })),
        routing: patientRouting,
        calls: {
          ...{ ring_ms: 1000, setup_limit_ms: 6000, max_queue_ms: 0, max_trunks: 2 },
          ...{ second_call_gap_ms: 3000, drain_ms: 30_000 },
        },
      },
      admission: freeAdmission,
      clock: systemClock,
      random: cryptoRandom,
      logger: keepingLogger().logger,
    });
    await telephony.start();
    await vi.waitFor(() => expect(telephony.asterisks()).toEqual([["main", true]]), { timeout: 8000 });
  });
  afterAll(async () => {
    await telephony?.dialer.drain(0);
    await telephony?.stop();
    for (const proxy of proxies) await proxy.close();
    for (const carrier of [...carriers, second]) await carrier?.stop();
  });

  return {
    async call(failure) {
      const index = played.indexOf(failure);
      const slot = { leaseId: "lease", asterisk: "main", trunk: `first-${index}`, ranges: ["block"], waitMs: 0 };
      const ended = new Promise<CallResult>((resolve) => {
        telephony.dialer.place(
          { callId: randomUUID(), callee: calleeOf(failure), callerId, range: "block", slot },
          { calling: () => undefined, ringing: () => undefined, ended: resolve },
        );
      });
      const { breaksAfter, challenged } = failure;
      if (breaksAfter !== undefined) {
        const isIt = ({ method, status }: SipMessage) => method === breaksAfter || status === breaksAfter;
        const wanted = challenged ? 2 : 1;
        await carriers[index]?.waitFor((messages) => messages.filter(isIt).length >= wanted);
        // What the carrier sent last must have reached Asterisk: the proxy passes it on at once, both are local.
        await new Promise((resolve) => setTimeout(resolve, 100));
        proxies[index]?.cut();
      }
      return ended;
    },
    async ringsOnSecond(failure) {
      const messages = await second.messages();
      return messages.filter(({ method, startLine }) => method === "INVITE" && startLine.includes(calleeOf(failure)))
        .length;
    },
  };
}

for (const transport of ["tcp", "udp"] as const) {
  for (const withCapture of [true, false]) {
    describe(`over ${transport}, ${withCapture ? "with" : "without"} the SIP capture`, () => {
      const played = failures.filter(
        ({ breaksAfter, challenged }) =>
          (transport === "tcp" || breaksAfter === undefined) && (withCapture || !challenged),
      );
      const { call, ringsOnSecond } = setUp(transport, withCapture, played);

      it.each(played)("$name", async (failure) => {
        expect(await call(failure)).toMatchObject(failure.expected);
        expect(await ringsOnSecond(failure)).toBe(failure.breaksAfter === undefined ? 1 : 0);
      });
    });
  }
}

describe("over tcp, by AMI, where Asterisk says what the far end sent last in manager.conf's channelvars", () => {
  const played = failures.filter(({ challenged }) => !challenged);
  const { call, ringsOnSecond } = setUp("tcp", false, played, "asterisk-manager");

  it.each(played)("$name", async (failure) => {
    expect(await call(failure)).toMatchObject(failure.expected);
    expect(await ringsOnSecond(failure)).toBe(failure.breaksAfter === undefined ? 1 : 0);
  });
});
