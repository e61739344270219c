import { describe, expect, it } from "vitest";
import { ackOf, dialogOf, requestIn } from "../../../../src/sip/call/dialog.ts";
import { headersOf, parseMessage, type SipResponseMessage } from "../../../../src/sip/message.ts";
import { CallSetting, target } from "./call-setting.ts";

const answer = (...headers: readonly string[]) =>
  parseMessage(
    Buffer.from(
      [
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
        'From: "A, B" <sip:a@our.example>;tag=ours',
        "To: <sip:b@carrier.example>;tag=theirs",
        "Call-ID: 1@our.example",
        "CSeq: 7 INVITE",
        ...headers,
        "",
        "",
      ].join("\r\n"),
    ),
  ) as SipResponseMessage;
const routed = (response: SipResponseMessage, fallback?: string) => {
  const ends = { from: "<sip:a@our.example>;tag=ours", to: "<sip:b@carrier.example>", callId: "1@our.example" };
  const dialog = dialogOf(response, fallback === undefined ? undefined : { uri: fallback, ...ends });
  if (dialog === null) return null;
  const { uri, headers } = requestIn(dialog, "BYE", dialog.cseq + 1, []);
  return [uri, ...headers.filter(([name]) => name === "Route").map(([, value]) => value)];
};

describe("requests inside a dialog", () => {
  it("go to the Contact through the reversed Record-Route", () => {
    const response = answer(
      "Record-Route: <sip:p3.example;lr>, <sip:p2.example;lr;ftag=x>",
      "Record-Route: <sip:p1.example:5070;lr=on>",
      "Contact: <sip:phone@192.0.2.9:5062;ob>;expires=60",
    );
    expect(routed(response)).toEqual([
      "sip:phone@192.0.2.9:5062;ob",
      "<sip:p1.example:5070;lr=on>",
      "<sip:p2.example;lr;ftag=x>",
      "<sip:p3.example;lr>",
    ]);
  });

  it("leave out routes that cannot be written: a quoted NUL or bell, no SIP URI, one of 600 characters", () => {
    const routes = [
      '"\\\0" <sip:p.example;lr>',
      '"\\\x07" <sip:p.example;lr>',
      "<tel:1>",
      `<sip:${"p".repeat(600)};lr>`,
    ];
    const response = answer("Contact: <sip:a@b>", `Record-Route: <sip:q.example;lr>, ${routes.join(", ")}`);
    expect(routed(response)).toEqual(["sip:a@b", "<sip:q.example;lr>"]);
    expect(dialogOf(response)?.refused).toBe(4);
  });

  it("have what the INVITE had where the response spoils it, so that a phone is hung up all the same", () => {
    const spoiled = { ...answer("Contact: <sip:a@b>") };
    const headers = spoiled.headers.map(({ name, value }) => ({
      name,
      value: name === "to" ? `"\\\0" ${value}` : name === "from" ? `"\\\0" ${value}` : value,
    }));
    expect(dialogOf({ ...spoiled, headers })).toBeNull();
    const ends = { uri: "sip:b@h", from: "<sip:a@our.example>;tag=ours", to: "<sip:b@h>", callId: "1@our.example" };
    expect(dialogOf({ ...spoiled, headers }, ends)).toMatchObject({ from: ends.from, to: "<sip:b@h>;tag=theirs" });
  });

  it("have a strict router's URI where the first proxy is one (section 12.2.1.1)", () => {
    const response = answer(
      "Record-Route: <sip:p2.example;lr>, <sip:strict.example;method=INVITE?x=y>",
      "Contact: sip:phone@192.0.2.9",
    );
    expect(routed(response)).toEqual(["sip:strict.example", "<sip:p2.example;lr>", "<sip:phone@192.0.2.9>"]);
    expect(routed(answer("Record-Route: <sip:p.example;lrx>", "Contact: <sip:a@b>"))).toEqual([
      "sip:p.example;lrx",
      "<sip:a@b>",
    ]);
  });

  it.each([
    ["none", []],
    ["a tel URI", ["Contact: <tel:+447700900123>"]],
    ["an unclosed bracket", ["Contact: <sip:x@y"]],
    ["white space", ["Contact: <sip:x y@z>"]],
  ])("go to the INVITE's URI where the Contact is %s", (_what, headers) => {
    expect(routed(answer(...headers), "sip:callee@carrier.example")).toEqual(["sip:callee@carrier.example"]);
    expect(routed(answer(...headers))).toEqual(["sip:b@carrier.example"]);
  });

  it("have From, To and Call-ID as they came, ACK the INVITE's number and BYE the next", () => {
    const dialog = dialogOf(answer("Contact: <sip:c@d>"));
    if (dialog === null) throw new Error("no dialog");
    const { headers } = ackOf(dialog, [["Authorization", "Digest x"]]);
    expect(headers).toEqual([
      ["Max-Forwards", "70"],
      ["From", '"A, B" <sip:a@our.example>;tag=ours'],
      ["To", "<sip:b@carrier.example>;tag=theirs"],
      ["Call-ID", "1@our.example"],
      ["CSeq", "7 ACK"],
      ["Authorization", "Digest x"],
    ]);
    expect(requestIn(dialog, "BYE", dialog.cseq + 1, []).headers).toContainEqual(["CSeq", "8 BYE"]);
  });

  it("take no more than 20 routes", () => {
    const many = Array.from({ length: 50 }, (_, index) => `<sip:p${index}.example;lr>`).join(", ");
    expect(routed(answer(`Record-Route: ${many}`, "Contact: <sip:a@b>"))).toHaveLength(21);
  });
});

describe("addresses of ours", () => {
  it("are IPv6 in brackets in Contact, without them in SDP", () => {
    const setting = new CallSetting({ sentBy: "[2001:db8::1]:5060", targets: [target(5060, "tls")] });
    setting.place();
    const { request } = setting.last("INVITE");
    expect(headersOf(request, "contact")).toEqual(["<sip:+12025550147@[2001:db8::1]:5060;transport=tls>"]);
    expect(request.rest).toContain("c=IN IP6 2001:db8::1\r\n");
  });

  it("are the configured one in SDP where Via has a name", () => {
    const setting = new CallSetting({ sentBy: "sip.our.example:5060", parts: { mediaHost: "192.0.2.5" } });
    setting.place();
    expect(setting.last("INVITE").request.rest).toContain("c=IN IP4 192.0.2.5\r\n");
  });

  it("have another port in each call", () => {
    const setting = new CallSetting();
    for (let one = 0; one < 3; one++) setting.place({ id: `attempt-${one}` });
    const ports = setting.of("INVITE").map(({ request }) => /m=audio (\d+)/.exec(request.rest)?.[1]);
    expect(ports).toEqual(["10002", "10004", "10006"]);
  });
});
