/** A call that is answered behind a server that took its INVITE and is not in its route set. */
import { describe, expect, it } from "vitest";
import { CallSetting, target } from "./call-setting.ts";

/** Both are of the trunk; the INVITE goes to .20. */
const ofTrunk = ["192.0.2.20", "192.0.2.21"];
const unknown = "481 Call/Transaction Does Not Exist";

function answered(contact: string, headers: readonly string[] = [], protocol: "udp" | "tls" = "udp") {
  const isSameFarEnd = (...addresses: string[]) => addresses.every((one) => ofTrunk.includes(one));
  const setting = new CallSetting({ targets: [target(5060, protocol)], parts: { isSameFarEnd } });
  setting.place();
  setting.reply("200 OK", { headers: [`Contact: ${contact}`, ...headers] });
  return setting;
}

const sentTo = (setting: CallSetting) =>
  setting.sent.map(
    ({ request, flow }) => `${request.method} ${flow.protocol} ${flow.remote.address}:${flow.remote.port}`,
  );

describe("a BYE that a server without Record-Route does not know", () => {
  it.each([unknown, "404 Not Found"])(
    "(%s) is sent to Contact, after another ACK: the phone stayed answered",
    (status) => {
      const setting = answered("<sip:gw@192.0.2.21:5080>");
      setting.reply(status, {}, setting.last("BYE"));
      expect(sentTo(setting).slice(1)).toEqual([
        ...["ACK udp 192.0.2.20:5060", "BYE udp 192.0.2.20:5060"],
        ...["ACK udp 192.0.2.21:5080", "BYE udp 192.0.2.21:5080"],
      ]);
      expect(setting.ended).toBe(0);
      setting.reply("200 OK", {}, setting.last("BYE"));
      expect(setting.ended).toBe(1);
    },
  );

  it("is sent there once", () => {
    const setting = answered("<sip:gw@192.0.2.21>");
    for (const _ of [1, 2]) setting.reply(unknown, {}, setting.last("BYE"));
    expect([setting.of("BYE").length, setting.ended]).toEqual([2, 1]);
  });

  it("goes over the trunk's transport, to its port", () => {
    const setting = answered("<sip:gw@192.0.2.21;transport=udp>", [], "tls");
    setting.reply(unknown, {}, setting.last("BYE"));
    expect(sentTo(setting).at(-1)).toBe("BYE tls 192.0.2.21:5061");
  });

  it.each([
    ["an address that is not the trunk's", "<sip:gw@203.0.113.66>", []],
    ["a name", "<sip:gw@inner.carrier.example>", []],
    ["where the INVITE went", "<sip:gw@192.0.2.20>", []],
    ["an address with no such port", "<sip:gw@192.0.2.21:99999>", []],
    ["behind a route set", "<sip:gw@192.0.2.21>", ["Record-Route: <sip:192.0.2.20;lr>"]],
  ])("ends the call where Contact is %s", (_, contact, headers) => {
    const setting = answered(contact, headers);
    setting.reply(unknown, {}, setting.last("BYE"));
    expect([setting.of("BYE").length, setting.ended]).toEqual([1, 1]);
  });
});
