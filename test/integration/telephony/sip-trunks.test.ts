/**
 * The driver `sip` against SIPp as the carrier, over each transport: the cases of the conformance suite that are about calls,
 * and what a broken connection means here. Those about Asterisk's interface have no place in it.
 */
import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import net from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { TransportProtocol } from "../../../src/sip/transport/port.ts";
import type { CallRequest, OriginateRefusal } from "../../../src/telephony/call-control/port.ts";
import { createSipTrunks, type SipTrunks } from "../../../src/telephony/sip-trunks/index.ts";
import { type CallLog, recordCalls } from "../../support/call-log.ts";
import { type Certificate, withCertificates } from "../../support/certificates.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { sipSection, sipTrunk } from "../../support/sip-config.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { tellsWhatHappens } from "./conformance/calls.ts";
import { refuses } from "./conformance/refusals.ts";
import { type CallSetting, callee, callerId } from "./conformance/setting.ts";
import { keepingLogger } from "./world.ts";

const certificateOf = withCertificates();
const writeScenario = withScenarios();
/** All cases over TLS too; above the connection they are those over TCP, so that here only calls and breaks are left of them. */
const wide = process.env.SIP_TRUNKS === "wide";
const rings: readonly Step[] = [{ send: "180 Ringing" }, "canceled"];

interface SipSetting extends CallSetting {
  /** Between us and the carrier; null over UDP. */
  proxy(): TcpProxy | null;
}

function withSipSetting(transport: TransportProtocol): SipSetting {
  const isStream = transport !== "udp";
  let certificate: Certificate;
  let ca = "";
  let carrierPort = 0;
  let carrier: SippCarrier | undefined;
  let proxy: TcpProxy | null = null;
  let silent: net.Server | null = null;
  let ports: Readonly<Record<string, number>> = {};
  let trunks: SipTrunks;
  let log: CallLog;
  let logs: ReturnType<typeof keepingLogger>;

  beforeAll(async () => {
    certificate = await certificateOf();
    ca = await readFile(certificate.certFile, "utf8");
    carrierPort = await freePort("udp", "tcp");
    const [silentPort, gonePort] = [await freePort("udp", "tcp"), await freePort("udp", "tcp")];
    if (isStream) {
      proxy = await startTcpProxy(carrierPort, "bytes");
      silent = net.createServer((socket) => void socket.resume()).listen(silentPort, "127.0.0.1");
    }
    ports = { carrier: proxy?.port ?? carrierPort, silent: silentPort, gone: gonePort };
  });
  afterAll(async () => {
    await carrier?.stop();
    await proxy?.close();
    silent?.close();
  });

  beforeEach(async () => {
    logs = keepingLogger();
    const trunk = (port: number, own: TransportProtocol) =>
      sipTrunk({
        host: "127.0.0.1",
        port,
        transport: own,
        qualify_seconds: 0,
        ...(own === "tls" ? { tls: { ca } } : {}),
      });
    trunks = createSipTrunks({
      config: {
        sip: await sipSection({ end_wait_ms: 1500 }),
        trunks: Object.fromEntries(
          // Nothing answers a handshake there: over TLS no call would be placed.
          Object.entries(ports).map(([name, port]) => [
            name,
            { sip: trunk(port, name === "silent" && isStream ? "tcp" : transport) },
          ]),
        ),
      },
      tagKey: createSecretKey(randomBytes(32)),
      ...{ clock: systemClock, random: cryptoRandom, logger: logs.logger },
    });
    log = recordCalls(trunks.control);
    await trunks.control.start();
    await log.connection(true);
    onTestFailed(() => void process.stderr.write(logs.text()));
  });

  const nothingIsUp = () => vi.waitFor(() => expect(trunks.calls).toBe(0), { timeout: 8000 });

  afterEach(async () => {
    proxy?.restore();
    await nothingIsUp();
    await trunks.control.stop();
    for (const secret of [callee.slice(1), callerId.slice(1)]) expect(logs.text()).not.toContain(secret);
  });

  const request = (changed: Partial<CallRequest> = {}) => ({
    ...{ callId: randomUUID(), endpoint: "carrier", callee, callerId, failSafeSeconds: 20 },
    ...changed,
  });
  return {
    world: () => ({
      async carrier(steps) {
        await carrier?.stop();
        const scenario = await writeScenario(steps);
        const tls = transport === "tls" ? { tls: certificate } : {};
        carrier = await startSipp({ scenario, port: carrierPort, transport, ...tls });
        return carrier;
      },
      channels: async () => Array.from({ length: trunks.calls }, () => "a call"),
    }),
    proxy: () => proxy,
    driver: () => trunks.control,
    log: () => log,
    logged: () => logs.text(),
    request,
    async place(changed) {
      const call = request(changed);
      await trunks.control.originate(call);
      return call.callId;
    },
    refusal: (call) =>
      trunks.control.originate(call).then(
        () => "placed" as const,
        (error) => error.refusal as OriginateRefusal,
      ),
    nothingIsUp,
  };
}

describe.each(["udp", "tcp", "tls"] as const)("the sip driver over %s", (transport) => {
  const setting = withSipSetting(transport);
  if (transport !== "tls" || wide) {
    tellsWhatHappens(setting, { tellsSipCallId: true, plays: false, derivesCauses: false });
    refuses(setting, { noticesGone: transport !== "udp" });
  }

  it("tells the end with the evidence of its own messages", async () => {
    await setting.world().carrier([{ send: "180 Ringing" }, { send: "486 Busy Here" }, "ack"]);
    const { evidence } = await setting.log().event(await setting.place(), "ended");
    expect(evidence).toMatchObject({ over: true, final: { status: 486 }, canceledAtMs: null, byeFrom: null });
    const { inviteAtMs = Number.NaN, alertingAtMs = null, final = null } = evidence ?? {};
    expect(alertingAtMs).toBeGreaterThan(inviteAtMs);
    expect(final?.atMs).toBeGreaterThanOrEqual(alertingAtMs ?? Number.NaN);
  });

  // UDP has no connection.
  if (transport === "udp") return;
  describe("when the connection to the carrier breaks", () => {
    it("while the phone rings: whether it rings on is unknown, told once; the next call goes out", async () => {
      const { world, proxy, log, place, driver } = setting;
      await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      proxy()?.cut();
      const end = await log().event(callId, "ended");
      expect(end).toMatchObject({
        sipStatus: 503,
        lastResponse: { status: 180 },
        evidence: { final: null, over: false },
      });
      proxy()?.restore();
      await world().carrier(rings);
      const next = request(setting);
      await vi.waitFor(async () => expect(await setting.refusal(next)).toBe("placed"), {
        timeout: 5000,
        interval: 100,
      });
      await log().event(next.callId, "alerting");
      await driver().hangup(next.callId);
      await log().event(next.callId, "ended");
      expect(log().types(callId)).toEqual(["alerting", "ended"]);
    });

    it("before the INVITE: nothing was sent, so another trunk may be tried", async () => {
      const { proxy, refusal } = setting;
      proxy()?.cut();
      expect(await refusal(request(setting))).toBe("trunk_down");
      await setting.nothingIsUp();
    });
  });
});

const request = (setting: CallSetting) => setting.request();
