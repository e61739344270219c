/**
 * Packets that are lost and overtake one another between us and a real carrier (Asterisk): no phone is rung twice, none rings
 * on after our end, and what is known of each call is right. `SIP_LOSS_CALLS` calls at each loss; default 12.
 */
import { describe, expect, it, vi } from "vitest";
import { startAsteriskCarrier } from "../../support/asterisk-carrier.ts";
import { startLossyRelay } from "../../support/lossy-relay.ts";
import { withRuntime } from "../../support/processes.ts";
import { callerId, startSipTelephony } from "./sip-telephony.ts";

const calls = Number(process.env.SIP_LOSS_CALLS ?? 12);
const runtime = withRuntime();

// At the same time, each with a carrier of its own: most of it is waiting.
describe.concurrent.each([
  { loss: 0.05, reliable: false, from: 10_000 },
  { loss: 0.2, reliable: false, from: 20_000 },
  { loss: 0.2, reliable: true, from: 30_000 },
])("with a loss of $loss of the packets, offer_100rel: $reliable", ({ loss, reliable, from }) => {
  it(`each of ${calls} phones rings once, and stops`, async () => {
    const carrier = await startAsteriskCarrier(runtime, "udp");
    /** Callees whose 180 got through: over UDP one that did not is not repeated (RFC 3261 section 13.3.1.1), unless it is reliable. */
    const alerted = new Set<string>();
    const relay = await startLossyRelay({
      ...{ carrierPort: carrier.port, loss, jitterMs: 30, seed: 4711 + loss * 100 },
      onPassed(text) {
        const to = /^SIP\/2\.0 180 .*?^To: [^\r]*sip:([^@]+)@/ms.exec(text)?.[1];
        if (to !== undefined) alerted.add(to);
      },
    });
    const gateway = await startSipTelephony({
      trunk: { host: "127.0.0.1", port: relay.port, transport: "udp", offer_100rel: reliable },
      // Five INVITEs, after 0, 0.5, 1.5, 3.5 and 7.5 s.
      ...{ ringMs: 1500, setupLimitMs: 9000, sip: { end_wait_ms: 35_000 } },
    });
    try {
      const callees = Array.from({ length: calls }, (_, index) => `+4477009${from + index}`);
      await Promise.all(
        callees.map(async (callee) => {
          const result = await gateway.place(callee).result;
          const known = reliable || alerted.has(callee);
          const outcome = known ? "rang" : "no_answer_signal";
          expect(result).toMatchObject({ outcome, alerted: known, endedBy: "us", inviteOver: true });
        }),
      );
      const rang = await carrier.rang();
      expect(rang.map(({ callee }) => callee).sort()).toEqual(callees.sort());
      expect(new Set(rang.map((one) => one.callerId))).toEqual(new Set([callerId]));
      await vi.waitFor(async () => expect(await carrier.ringing()).toBe(0), { timeout: 5000 });
      expect(relay.lost).toBeGreaterThan(0);
    } finally {
      await gateway.stop();
      await relay.close();
    }
  }, 90_000);
});
