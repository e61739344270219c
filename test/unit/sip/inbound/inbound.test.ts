/** Requests outside of our dialogs: who is answered with what, and what is reported as a call. */
import { describe, expect, it } from "vitest";
import type { RefusalStatus } from "../../../../src/sip/inbound/answers.ts";
import { createInbound } from "../../../../src/sip/inbound/index.ts";
import type { SourceTrunk } from "../../../../src/sip/inbound/trunks.ts";
import { parseMessage, type SipRequestMessage } from "../../../../src/sip/message.ts";
import type { OutgoingResponse, ServerTransaction } from "../../../../src/sip/transaction/port.ts";
import type { Flow, TransportProtocol } from "../../../../src/sip/transport/port.ts";
import { keepingLogger } from "../../../support/keeping-logger.ts";

const carrier = "192.0.2.10";
const trunk = (name: string, own: Partial<SourceTrunk> = {}): SourceTrunk => ({
  name,
  located: () => [{ address: carrier, port: 5060, protocol: own.protocol ?? "udp" }],
  ...{ sources: [], certificateNames: [], domains: [], contactUsers: [] },
  ...own,
});

interface FlowOptions {
  readonly address?: string;
  readonly protocol?: TransportProtocol;
  readonly certificateNames?: readonly string[];
}

function flowOf({ address = carrier, protocol = "udp", ...more }: FlowOptions = {}): Flow {
  return {
    ...{ protocol, reliable: protocol !== "udp", remote: { address, port: 5060 } },
    ...{ sentBy: "198.51.100.1:5060", open: true, send: () => true },
    ...more,
  };
}

interface RequestOptions {
  readonly method?: string;
  readonly uri?: string;
  /** Lines that take the place of those of their names; one without a value takes the line away. */
  readonly lines?: readonly string[];
  readonly branch?: string;
  readonly callId?: string;
}

function requestOf(options: RequestOptions = {}): SipRequestMessage {
  const { method = "INVITE", uri = "sip:+442079460001@us.example", lines = [] } = options;
  const { branch = "z9hG4bKa", callId = "1@carrier.example" } = options;
  const standard = [
    `Via: SIP/2.0/UDP carrier.example:5060;branch=${branch};rport`,
    "From: <sip:+447700900123@carrier.example>;tag=1",
    "To: <sip:+442079460001@us.example>",
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  const nameOf = (line: string) => line.slice(0, line.indexOf(":")).toLowerCase();
  const named = new Set(lines.map(nameOf));
  const all = [...standard.filter((line) => !named.has(nameOf(line))), ...lines.filter((line) => !line.endsWith(":"))];
  const message = parseMessage(Buffer.from(`${method} ${uri} SIP/2.0\r\n${all.join("\r\n")}\r\n\r\n`, "latin1"));
  if (message?.kind !== "request") throw new Error("not a request");
  return message;
}

function start(
  trunks: readonly SourceTrunk[] = [trunk("a")],
  own: { status?: RefusalStatus; perSecond?: number } = {},
) {
  const { status = 486, perSecond = 1000 } = own;
  const reported: string[] = [];
  const logs = keepingLogger();
  let nowMs = 1000;
  let fails = false;
  const inbound = createInbound({
    ...{ trunks, status, perSecond, nowMs: () => nowMs, logger: logs.logger },
    report(name) {
      reported.push(name);
      if (fails) throw new Error("a receiver's mistake");
    },
  });
  return {
    ...{ inbound, reported, logs },
    pass: (ms: number) => {
      nowMs += ms;
    },
    failReports: () => {
      fails = true;
    },
    /** @returns the responses that were sent */
    send(options: RequestOptions & FlowOptions = {}): OutgoingResponse[] {
      const flow = flowOf(options);
      const sent: OutgoingResponse[] = [];
      let acknowledge = () => {};
      const transaction: ServerTransaction = {
        ...{ request: requestOf(options), flow, toTag: "x", onCanceled: () => undefined },
        onAcknowledged(receiver) {
          acknowledge = receiver;
        },
        ...{ ignore: () => undefined, repeatAnswer: () => false },
        respond: (response) => sent.push(response) === 1,
      };
      if (inbound.answers(flow)) inbound.receive(transaction, nowMs);
      acknowledge();
      return sent;
    },
  };
}

const statuses = (responses: readonly OutgoingResponse[]) => responses.map(({ status }) => status);

describe("a call of a configured trunk", () => {
  it("is refused with one final response, which says why, and reported", () => {
    const { send, reported } = start();
    const [response, ...more] = send();
    expect(response).toMatchObject({ status: 486, headers: [["Reason", "Q.850;cause=17"]] });
    expect(more).toEqual([]);
    expect(reported).toEqual(["a"]);
  });

  it.each([
    [403, 21],
    [480, 19],
    [600, 17],
    [603, 21],
  ] as const)("may be refused with %d instead", (status, cause) => {
    const { send } = start([trunk("a")], { status });
    expect(send()).toMatchObject([{ status, headers: [["Reason", `Q.850;cause=${cause}`]] }]);
  });

  it("is refused whatever the report does", () => {
    const { send, failReports, logs } = start();
    failReports();
    expect(statuses(send())).toEqual([486]);
    expect(logs.text()).toContain("a receiver's mistake");
    expect(statuses(send({ callId: "2" }))).toEqual([486]);
  });

  it("is reported once, also where it comes again when its transaction has ended", () => {
    const { send, reported, pass } = start();
    for (let time = 0; time < 4; time++) {
      expect(statuses(send())).toEqual([486]);
      pass(10_000);
    }
    expect(reported).toEqual(["a"]);
    pass(70_000);
    send();
    expect(reported).toEqual(["a", "a"]);
  });

  it("is a loop where it comes by two ways at once (section 8.2.2.2), and where it was ours", () => {
    const { send, reported } = start();
    send();
    expect(statuses(send({ branch: "z9hG4bKother" }))).toEqual([482]);
    const ours = ["Via: SIP/2.0/UDP carrier.example;branch=z9hG4bKx, SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKy"];
    expect(statuses(send({ callId: "2", lines: ours }))).toEqual([482]);
    expect(reported).toEqual(["a"]);
  });

  it("is reported again with another CSeq: the caller tried once more", () => {
    const { send, reported } = start();
    send();
    send({ branch: "z9hG4bKb", lines: ["CSeq: 2 INVITE"] });
    expect(reported).toEqual(["a", "a"]);
  });

  it("may require what a refused call never comes to", () => {
    const { send, reported } = start();
    expect(statuses(send({ lines: ["Require: 100rel, timer"] }))).toEqual([486]);
    expect(reported).toEqual(["a"]);
  });
});

describe("others than configured trunks", () => {
  it.each(["INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "BYE", "NOTIFY", "FOO"])(
    "get no answer to %s",
    (method) => {
      const { send, inbound, reported, logs } = start();
      expect(send({ method, address: "203.0.113.5" })).toEqual([]);
      expect(send({ method, address: "203.0.113.5" })).toEqual([]);
      expect([inbound.counts.strangers, reported]).toEqual([2, []]);
      expect(logs.text().match(/no trunk's/g)).toHaveLength(1);
      expect(logs.text()).not.toContain("4420794");
    },
  );

  it("have no connections", () => {
    const { inbound } = start([trunk("a", { sources: ["2001:db8::/64"] })]);
    expect(inbound.admits("203.0.113.5", "tcp")).toBe(false);
    expect(inbound.admits(carrier, "tcp")).toBe(true);
    expect(inbound.admits(`::ffff:${carrier}`, "tcp")).toBe(true);
    expect(inbound.admits("2001:db8:0:0::7", "tcp")).toBe(true);
    expect(inbound.admits("2001:db8:1::7", "tcp")).toBe(false);
  });

  it("cannot be told from trunks by anything in the message", () => {
    const { send } = start();
    const via = [`Via: SIP/2.0/UDP ${carrier}:5060;branch=z9hG4bKa;received=${carrier};rport=5060;maddr=${carrier}`];
    expect(send({ address: "203.0.113.5", lines: [...via, `Contact: <sip:${carrier}>`] })).toEqual([]);
  });

  it("become known when a name leads to another address", () => {
    let address = carrier;
    const moving = trunk("a", { located: () => [{ address, port: 5060, protocol: "udp" }] });
    const { send, pass } = start([moving]);
    expect(send({ address: "203.0.113.5" })).toEqual([]);
    address = "203.0.113.5";
    pass(1000);
    expect(statuses(send({ address: "203.0.113.5" }))).toEqual([486]);
    expect(send({ address: carrier })).toEqual([]);
  });
});

describe("a trunk's protocol", () => {
  it.each([
    ["tls", "udp", false],
    ["tls", "tcp", false],
    ["tls", "tls", true],
    ["tcp", "udp", false],
    ["tcp", "tls", true],
    ["udp", "tcp", true],
    [undefined, "udp", true],
  ] as const)("%s takes %s: %s", (configured, protocol, taken) => {
    const { send } = start([trunk("a", configured === undefined ? {} : { protocol: configured })]);
    expect(statuses(send({ protocol }))).toEqual(taken ? [486] : []);
  });

  it("with certificate names takes only a verified certificate of one of them", () => {
    const { send } = start([trunk("a", { certificateNames: ["sbc.carrier.example"] })]);
    expect(send({ protocol: "tls" })).toEqual([]);
    expect(send({ protocol: "tls", certificateNames: ["other.example"] })).toEqual([]);
    expect(send({ protocol: "tcp", certificateNames: ["sbc.carrier.example"] })).toEqual([]);
    expect(statuses(send({ protocol: "tls", certificateNames: ["x.example", "SBC.carrier.example"] }))).toEqual([486]);
  });
});

describe("two trunks at one address", () => {
  const two = [
    trunk("a", { domains: ["a.example"] }),
    trunk("b", { domains: ["b.example"] }),
    trunk("c", { contactUsers: ["c-account"] }),
  ];
  const user = "+442079460001";
  it.each([
    ["the Request-URI's domain", `sip:${user}@B.example:5060`, [], ["b"]],
    ["To's domain where that says nothing", `sip:${user}@us.example`, [`To: <sip:${user}@a.example>`], ["a"]],
    ["the Request-URI before To", `sip:${user}@b.example`, [`To: <sip:${user}@a.example>`], ["b"]],
    ["the registered Contact", "sip:c-account@us.example", [`To: <sip:${user}@a.example>`], ["c"]],
    ["none of these: not reported", `sip:${user}@us.example`, [], []],
    ["a domain in the user part: not reported", "sip:b.example@us.example", [], []],
  ] as const)("are told apart by %s", (_, uri, lines, expected) => {
    const { send, reported, inbound } = start(two);
    expect(statuses(send({ uri, lines }))).toEqual([486]);
    expect(reported).toEqual(expected);
    expect(inbound.counts.ambiguous).toBe(1 - expected.length);
  });
});

describe("what else a trunk sends", () => {
  it("OPTIONS gets 200 with Allow, also as the last hop", () => {
    const { send, inbound } = start();
    const [response] = send({ method: "OPTIONS", uri: "sip:us.example", lines: ["Max-Forwards: 0"] });
    expect(response?.status).toBe(200);
    expect(response?.headers?.[0]).toEqual(["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE"]);
    expect(inbound.counts.qualified).toBe(1);
  });

  it.each(["REGISTER", "SUBSCRIBE", "MESSAGE", "NOTIFY", "PUBLISH", "REFER", "FOO"])("%s gets 405", (method) => {
    const [response] = start().send({ method });
    expect(response).toMatchObject({ status: 405, headers: [["Allow", expect.stringContaining("INVITE")]] });
  });

  it.each(["ACK", "CANCEL"])("%s is absorbed", (method) => {
    expect(start().send({ method })).toEqual([]);
  });

  it.each([
    ["an INVITE in a dialog that is not ours", {}, 481],
    ["BYE in one", { method: "BYE" }, 481],
    ["UPDATE in one", { method: "UPDATE" }, 481],
    ["NOTIFY in one", { method: "NOTIFY" }, 481],
  ] as const)("%s gets 481", (_, options, status) => {
    const { send, reported } = start();
    expect(statuses(send({ ...options, lines: ["To: <sip:a@b>;tag=x"] }))).toEqual([status]);
    expect(reported).toEqual([]);
  });

  it.each([
    ["an extension that we do not have", {}, ["Require: 100rel, foo"], 420],
    ["an extension in OPTIONS", { method: "OPTIONS" }, ["Require: foo"], 420],
    ["no hop left", {}, ["Max-Forwards: 0"], 483],
    ["a URI that is no telephone's", { uri: "http://us.example/" }, [], 416],
    ["no From", {}, ["From:"], 400],
    ["no To", {}, ["To:"], 400],
    ["no Call-ID", {}, ["Call-ID:"], 400],
    ["two Froms", {}, ["From: <sip:a@b>;tag=1", "From: <sip:c@d>;tag=2"], 400],
    ["two Froms in one line", {}, ["From: <sip:a@b>;tag=1, <sip:c@d>;tag=2"], 400],
    ["a From whose bracket stays open", {}, ["From: <sip:a@b;tag=1"], 400],
    ["a quote that stays open", {}, ['To: "x <sip:a@b>'], 400],
    ["a CSeq of another method", {}, ["CSeq: 1 BYE"], 400],
    ["a CSeq too large", {}, ["CSeq: 4294967296 INVITE"], 400],
    ["Max-Forwards that is no number", {}, ["Max-Forwards: many"], 400],
    ["two Max-Forwards", {}, ["Max-Forwards: 70", "Max-Forwards: 0"], 400],
    ["a body shorter than it says", {}, ["Content-Length: 10"], 400],
    ["two lengths", {}, ["Content-Length: 0", "Content-Length: 0"], 400],
  ] as const)("a request with %s is rejected, not reported", (_, options, lines, status) => {
    const { send, reported, inbound } = start();
    const [response, ...more] = send({ ...options, lines });
    expect([response?.status, more, reported, inbound.counts.rejected]).toEqual([status, [], [], 1]);
    if (status === 420) expect(response?.headers).toEqual([["Unsupported", "foo"]]);
  });
});

describe("a source's limit", () => {
  it("answers 503 above it, nothing far above it, and recovers", () => {
    const { send, reported, pass } = start([trunk("a", { sources: ["203.0.113.5"] })], { perSecond: 10 });
    const flood = Array.from({ length: 30 }, (_, n) => statuses(send({ callId: `${n}` }))[0]);
    expect(flood.filter((status) => status === 486)).toHaveLength(10);
    expect(flood.filter((status) => status === 503).length).toBeGreaterThanOrEqual(9);
    expect(flood.at(-1)).toBeUndefined();
    expect(reported).toHaveLength(10);
    expect(statuses(send({ address: "203.0.113.5", callId: "other" }))).toEqual([486]);
    pass(2500);
    expect(statuses(send({ callId: "later" }))).toEqual([486]);
  });

  it("leaves a refused call to be sent again by another way", () => {
    const { send, reported, pass } = start([trunk("a")], { perSecond: 2 });
    send({ callId: "0" });
    send({ callId: "00" });
    expect(send()).toMatchObject([{ status: 503, headers: [["Retry-After", "1"]] }]);
    pass(5000);
    expect(statuses(send({ branch: "z9hG4bKagain" }))).toEqual([486]);
    expect(reported).toHaveLength(3);
  });
});
