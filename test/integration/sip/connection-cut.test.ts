/**
 * The connection to the carrier breaks at each moment of a call, over TCP and TLS, while the carrier keeps the call: no phone is
 * rung twice, none rings on, none stays answered, and what is not known is held.
 */
import { readFile } from "node:fs/promises";
import { describe, it, type TestContext } from "vitest";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { withCertificates } from "../../support/certificates.ts";
import { type Cut, type KeepingCarrierOptions, startKeepingCarrier } from "../../support/keeping-carrier.ts";
import { startSipTelephony } from "./sip-telephony.ts";

const certificateOf = withCertificates();

/** Of the far end of a call whose end nobody saw: whether a phone rings is not known, so the callee is held. */
const unknown = { endedBy: "unknown", inviteOver: false } satisfies Partial<CallResult>;
const held = { inviteOver: false, finalMissing: true } satisfies Partial<CallResult>;

interface Case {
  readonly cut: Cut;
  readonly answers?: boolean;
  readonly result: Partial<CallResult>;
  readonly state: "canceled" | "hung up";
  /** Of the call, by connection. */
  readonly requests: readonly string[];
}

const afterwards: readonly string[] = ["INVITE 1", "CANCEL 2"];
const cases: Readonly<Record<string, Case>> = {
  "after INVITE, before 100": {
    cut: { at: "INVITE received", request: "kept" },
    result: { ...unknown, outcome: "interrupted", alerted: false },
    ...{ state: "canceled", requests: afterwards },
  },
  "after 100": {
    cut: { at: "100 sent", request: "kept" },
    result: { ...unknown, outcome: "interrupted", alerted: false },
    ...{ state: "canceled", requests: afterwards },
  },
  "after 180": {
    cut: { at: "180 sent", request: "kept" },
    result: { ...unknown, outcome: "interrupted", alerted: true },
    ...{ state: "canceled", requests: afterwards },
  },
  "with our CANCEL in it": {
    cut: { at: "CANCEL received", request: "unread" },
    result: { ...held, outcome: "rang", alerted: true },
    ...{ state: "canceled", requests: afterwards },
  },
  "after our CANCEL, before its 200 and the 487": {
    cut: { at: "CANCEL received", request: "kept" },
    result: { ...held, outcome: "rang", alerted: true },
    ...{ state: "canceled", requests: ["INVITE 1", "CANCEL 1", "CANCEL 2"] },
  },
  "silently, after INVITE: half-open": {
    cut: { at: "INVITE received", request: "kept", isSilent: true },
    result: { ...held, outcome: "no_answer_signal", alerted: false },
    ...{ state: "canceled", requests: afterwards },
  },
  "silently, after 180: half-open": {
    cut: { at: "180 sent", request: "kept", isSilent: true },
    result: { ...held, outcome: "rang", alerted: true },
    ...{ state: "canceled", requests: afterwards },
  },
  "after the 200 of an answer, before our ACK": {
    cut: { at: "200 sent", request: "kept" },
    answers: true,
    result: { outcome: "answered", alerted: true },
    ...{ state: "hung up", requests: ["INVITE 1", "CANCEL 1", "ACK 2", "BYE 2"] },
  },
  "with the 200 of an answer in it": {
    cut: { at: "CANCEL received", request: "kept" },
    answers: true,
    result: { ...held, outcome: "rang", alerted: true },
    ...{ state: "hung up", requests: ["INVITE 1", "CANCEL 1", "CANCEL 2", "ACK 2", "BYE 2"] },
  },
};

describe.concurrent.each(["tcp", "tls"] as const)("a connection over %s that breaks", (transport) => {
  async function start(options: Pick<KeepingCarrierOptions, "answers">, { onTestFinished }: TestContext) {
    let tls: { cert: string; key: string } | null = null;
    if (transport === "tls") {
      const { certFile, keyFile } = await certificateOf();
      tls = { cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
    }
    const carrier = await startKeepingCarrier({ delayMs: 60, ...options, ...(tls === null ? {} : { tls }) });
    onTestFinished(() => carrier.stop());
    const gateway = await startSipTelephony({
      trunk: {
        ...{ host: "127.0.0.1", port: carrier.port, transport },
        ...(tls === null ? {} : { tls: { ca: tls.cert } }),
      },
      ...{ ringMs: 300, setupLimitMs: 3000, sip: { end_wait_ms: 2000 } },
    });
    onTestFinished(() => gateway.stop());
    return { carrier, gateway };
  }

  it.for(Object.entries(cases))("%s", async ([, { cut, answers = false, result, state, requests }], test) => {
    const { expect } = test;
    const { carrier, gateway } = await start({ answers }, test);
    carrier.cutAt(cut);
    expect(await gateway.place().result).toMatchObject(result);
    await expect
      .poll(() => carrier.calls.map((call) => [call.state, call.rang > 1]), { timeout: 5000 })
      .toEqual([[state, false]]);
    await expect.poll(() => carrier.calls[0]?.requests.filter((one) => !isAckOf487(one, state))).toEqual(requests);
    // The connection that took its place serves the next call.
    const next = await gateway.place("+447700900124").result;
    expect(next).toMatchObject({ outcome: answers ? "answered" : "rang", inviteOver: true });
    expect(carrier.calls).toHaveLength(2);
    expect(carrier.connections).toBe(1);
  });

  it("while it is idle, in the moment of the next INVITE", async (test) => {
    const { expect } = test;
    const { carrier, gateway } = await start({}, test);
    expect(await gateway.place().result).toMatchObject({ outcome: "rang" });
    carrier.cutAll();
    const { outcome, inviteOver } = await gateway.place("+447700900124").result;
    // Either it was noticed in time, and the call took a new connection, or the INVITE may have been lost with the old one.
    expect([outcome, inviteOver]).toEqual(carrier.calls.length === 2 ? ["rang", true] : ["interrupted", false]);
    expect(carrier.calls.map(({ rang, state }) => [rang, state])).toEqual(carrier.calls.map(() => [1, "canceled"]));
  });
});

/** Whether the ACK of a 487 is the gateway's to send over this connection, or any, is not what these tests are about. */
const isAckOf487 = (request: string, state: Case["state"]) => state === "canceled" && request.startsWith("ACK");
