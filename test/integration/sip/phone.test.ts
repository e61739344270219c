/** A real phone (baresip) that the gateway rings without an Asterisk: what it shows, and what is known of each ending. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { type Phone, startPhone } from "../../support/baresip.ts";
import { ensureSipPhone } from "../../support/fetch/sip-phone.ts";
import { callee, callerId, type SipTelephony, startSipTelephony } from "./sip-telephony.ts";

describe.each(["udp", "tcp"] as const)("over %s a phone", (transport) => {
  let phone: Phone;
  let gateway: SipTelephony;

  beforeAll(async () => {
    phone = await startPhone(await ensureSipPhone(runtimeDir, () => undefined), { user: callee });
    gateway = await startSipTelephony({ trunk: { host: "127.0.0.1", port: phone.port, transport }, ringMs: 800 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await phone?.stop();
    for (const secret of [callee, callerId]) expect(gateway?.logged()).not.toContain(secret.slice(1));
  });

  it("shows the caller ID digit for digit, and stops when our ring time is over", async () => {
    const { result } = gateway.place();
    const incoming = await phone.event("CALL_INCOMING");
    expect(incoming.peeruri).toContain(`sip:${callerId}@`);
    expect(await result).toMatchObject({
      outcome: "rang",
      alerted: true,
      sipStatus: 487,
      endedBy: "us",
      source: "sip",
    });
    await phone.event("CALL_CLOSED");
  });

  it("declines", async () => {
    const { ringing, result } = gateway.place();
    await phone.event("CALL_INCOMING", 2);
    await ringing;
    phone.decline();
    // baresip says 486 where the person declines.
    expect(await result).toMatchObject({ outcome: "declined", alerted: true, sipStatus: 486, endedBy: "far_end" });
    await phone.event("CALL_CLOSED", 2);
  });

  it("answers, and is hung up at once", async () => {
    const { ringing, result } = gateway.place();
    await phone.event("CALL_INCOMING", 3);
    await ringing;
    phone.answer();
    expect(await result).toMatchObject({ outcome: "answered", alerted: true, sipStatus: 200 });
    await phone.event("CALL_ESTABLISHED");
    await phone.event("CALL_CLOSED", 3);
  });
});
