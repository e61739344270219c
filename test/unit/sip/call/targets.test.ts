/** What a call tells the locator of the server that it went to: the next call goes there, or to another one. */
import { describe, expect, it } from "vitest";
import type { CallerParts } from "../../../../src/sip/call/index.ts";
import { Penalties } from "../../../../src/sip/location/penalties.ts";
import { CallSetting, credentials, type Sent, target } from "./call-setting.ts";

const targets = [target(5060), target(5070)];

/** Two servers of a carrier, and calls that go to them as those before had them. */
function setting() {
  const locator = {
    known: () => penalties.sort(targets),
    failed: (one, forMs) => penalties.failed(one, forMs),
    worked: (one) => penalties.worked(one),
  } as Partial<CallerParts["locator"]> as CallerParts["locator"];
  const made: CallSetting = new CallSetting({ parts: { locator } });
  const penalties = new Penalties(() => made.clock.nowMs());
  let calls = 0;
  const place = (changed: object = {}): Sent => {
    calls += 1;
    made.place({ id: `attempt-${calls}`, ...changed });
    return made.last("INVITE");
  };
  /** By its 503; the other server, to which the call goes then, is busy. */
  const refuse = (sent: Sent, ...headers: string[]) => {
    made.reply("503 Service Unavailable", { headers }, sent);
    const next = made.last("INVITE");
    expect(next.flow.remote.port).toBe(5070);
    made.reply("486 Busy Here", {}, next);
  };
  /** To which server the next call goes. */
  const next = () => penalties.sort(targets)[0]?.port;
  return { made, place, refuse, next };
}

describe("a server that answered 503", () => {
  it("is not called again because the 100 of another call comes", () => {
    const { made, place, refuse, next } = setting();
    const [a, b] = [place(), place()];
    made.reply("100 Trying", { tag: null }, a);
    refuse(a);
    made.reply("100 Trying", { tag: null }, b);
    expect(next()).toBe(5070);
    expect(place().flow.remote.port).toBe(5070);
  });

  it.each(["180 Ringing", "486 Busy Here", "401 Unauthorized"])(
    "is not called for the time of its Retry-After, though a call that it had taken before gets its %s",
    (response) => {
      const { made, place, refuse, next } = setting();
      const [a, b] = [place(), place()];
      refuse(a, "Retry-After: 120");
      made.reply(response, {}, b);
      made.clock.pass(119_999);
      expect(next()).toBe(5070);
      made.clock.pass(1);
      expect(next()).toBe(5060);
    },
  );

  it.each([
    ["a 100", "100 Trying", {}],
    ["a challenge", "401 Unauthorized", { credentials }],
  ])("again and again is tried last for longer each time, though %s precedes its 503", (_, before, changed) => {
    const { made, place, refuse, next } = setting();
    const triedLastMs = [1, 2, 3].map(() => {
      const sent = place(changed);
      made.reply(before, { headers: ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'] }, sent);
      refuse(made.last("INVITE"));
      let ms = 0;
      for (; next() !== 5060; ms += 10_000) made.clock.pass(10_000);
      return ms;
    });
    expect(triedLastMs).toEqual([30_000, 60_000, 120_000]);
  });

  it("is called again at once where it takes a call after all", () => {
    const { made, place, refuse, next } = setting();
    const [a, b] = [place(), place()];
    refuse(a);
    made.reply("180 Ringing", {}, b);
    expect(next()).toBe(5060);
  });

  it("to many calls at once, each with Retry-After, failed once: it is tried last for that time", () => {
    const { made, place, refuse, next } = setting();
    for (const sent of [1, 2, 3, 4, 5].map(() => place())) refuse(sent, "Retry-After: 40");
    made.clock.pass(39_999);
    expect(next()).toBe(5070);
    made.clock.pass(1);
    expect(next()).toBe(5060);
  });
});
