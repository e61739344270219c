/** The whole stack, on real sockets of loopback, with a clock that the test moves. */
import { createSecretKey } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { pino } from "pino";
import { expect, it } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { CallEnding, CallUser } from "../../../../src/sip/call/port.ts";
import { startStack } from "../../../../src/telephony/sip-trunks/stack.ts";
import type { SipTrunkConfig } from "../../../../src/telephony/sip-trunks/trunk-config.ts";
import { createTrunkPlans } from "../../../../src/telephony/sip-trunks/trunk-plans.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { sipSection, sipTrunk } from "../../../support/sip-config.ts";

async function start(trunks: Readonly<Record<string, SipTrunkConfig>>) {
  const sip = await sipSection();
  const sections = Object.fromEntries(Object.entries(trunks).map(([name, trunk]) => [name, { sip: trunk }]));
  const plans = createTrunkPlans({ sip, trunks: sections }, { sign: () => [] });
  const clock = new ManualClock();
  const stack = await startStack({
    ...{ sip, plans, clock, random: cryptoRandom, onInbound: () => undefined },
    ...{ tagKey: createSecretKey(Buffer.alloc(32)), logger: pino({ level: "silent" }) },
  });
  let placed = 0;
  function place(trunk: string) {
    placed += 1;
    const reports: string[] = [];
    const endings: CallEnding[] = [];
    const user: CallUser = {
      sent: () => reports.push("sent"),
      progress: () => reports.push("progress"),
      alerting: () => reports.push("alerting"),
      answered: () => reports.push("answered"),
      ended(ending) {
        reports.push("ended");
        endings.push(ending);
      },
    };
    const request = { callId: trunk, endpoint: trunk, callee: "+447700900123", callerId: "+12025550147" };
    const call = plans.get(trunk)?.call({ ...request, failSafeSeconds: 30 }, `${placed}`, 0, []);
    if (call === undefined) throw new Error("no such trunk");
    return { call: stack.caller.place(call, user), reports, endings };
  }
  return { stack, clock, place, sip };
}

it("no timer survives its stop: not those of calls, of CANCEL, of OPTIONS, REGISTER and connections", async () => {
  const carrier = createSocket("udp4").bind(0, "127.0.0.1");
  await once(carrier, "listening");
  const [host, port] = ["127.0.0.1", carrier.address().port];
  const account = { username: "a", password: "s3cret", register: { expires_seconds: 300 } };
  const { stack, clock, place } = await start({
    udp: sipTrunk({ host, port, ...account }),
    // A documentation address: no connection opens within the test.
    away: sipTrunk({ host: "192.0.2.77", port: 5060, transport: "tcp" }),
  });
  const [one, canceled, unsent] = [place("udp"), place("udp"), place("away")];
  canceled.call.hangUp();
  expect([one.reports, canceled.reports, unsent.reports]).toEqual([["sent"], ["sent"], []]);
  expect(clock.pending).toBeGreaterThan(0);
  const stopped = stack.stop();
  // The binding's removal is not answered.
  clock.advance(2000);
  await stopped;
  expect([clock.pending, stack.caller.calls]).toEqual([0, 0]);
  expect([one.reports, unsent.endings[0]?.missing]).toEqual([["sent"], "never_sent"]);
  carrier.close();
});
