/** Whatever happens in whatever order: what must hold of every transaction. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutgoingRequest } from "../../../../src/sip/transaction/port.ts";
import { answerTo, farRequest, inviteRequest, request, shortOf, user, wire } from "./wire.ts";

type Event = number | "cancel" | "cancel answered" | "lose" | "full" | "free" | { readonly passMs: number };

const statuses = fc.constantFrom(100, 180, 183, 200, 302, 401, 486, 487, 603);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: statuses },
  { weight: 3, arbitrary: fc.constantFrom<Event>("cancel", "cancel answered") },
  { weight: 1, arbitrary: fc.constantFrom<Event>("lose", "full", "free", "free") },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 33_000 }).map((passMs) => ({ passMs })) },
);
const protocols = fc.constantFrom<"udp" | "tcp">("udp", "tcp");

describe("a client INVITE, whatever comes", () => {
  it("ends once; CANCEL goes out once, after a provisional and before a final response; each final is acknowledged", () => {
    fc.assert(
      fc.property(protocols, fc.array(event, { maxLength: 25 }), (protocol, events) => {
        const w = wire({ protocol });
        const u = user();
        const canceled = user();
        const transaction = w.layer.invite(inviteRequest, w.flow, u);
        const [invite = ""] = w.flow.sent;
        let isProvisional = false;
        for (const happens of events) {
          const before = w.flow.sent.length;
          const wasEnded = transaction.ended;
          const wasProvisional = isProvisional;
          if (typeof happens === "number") {
            if (w.flow.open) w.receive(answerTo(invite, happens));
            if (happens < 200 && !wasEnded) isProvisional = true;
          } else if (typeof happens === "object") w.clock.pass(happens.passMs);
          else if (happens === "cancel") transaction.cancel([], canceled);
          else if (happens === "lose") w.lose();
          else if (happens === "full" || happens === "free") w.flow.takes = happens === "free";
          else {
            const cancel = w.flow.sent.find((text) => text.startsWith("CANCEL"));
            if (cancel !== undefined && w.flow.open) w.receive(answerTo(cancel, 200));
          }
          const sent = w.flow.sent.slice(before).map(shortOf);
          if (sent.includes("CANCEL")) expect(wasProvisional || isProvisional).toBe(true);
          // The first one; the transaction of the CANCEL may repeat it once the INVITE has ended (section 9.1).
          const isFirst = !w.flow.sent.slice(0, before).some((text) => text.startsWith("CANCEL"));
          if (isFirst && wasEnded && w.flow.takes && protocol === "udp") expect(sent).not.toContain("CANCEL");
          const isFinal = typeof happens === "number" && happens >= 300;
          if (isFinal && !wasEnded && w.flow.open && w.flow.takes) expect(sent).toEqual(["ACK"]);
          expect(sent.filter((one) => one === "ACK").length).toBeLessThanOrEqual(1);
        }
        w.flow.takes = true;
        transaction.cancel();
        w.clock.pass(100);
        if (w.flow.open && !transaction.ended) w.receive(answerTo(invite, 487));
        w.clock.pass(64_000);
        const ends = u.heard.filter((heard) => !/^(1\d\d|repeated)/.test(heard));
        expect(ends).toHaveLength(1);
        const at = u.heard.indexOf(ends[0] ?? "");
        for (const heard of u.heard.slice(at + 1)) expect(heard).toBe("repeated 200");
        expect(canceled.heard.filter((heard) => !/^1\d\d/.test(heard)).length).toBeLessThanOrEqual(1);
        const cancels = w.flow.sent.filter((text) => text.startsWith("CANCEL"));
        expect(new Set(cancels).size).toBeLessThanOrEqual(1);
        if (protocol === "tcp") {
          expect(cancels.length).toBeLessThanOrEqual(1);
          expect(w.sent().filter((one) => one === "INVITE")).toHaveLength(1);
        }
        expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("any client request, whatever comes", () => {
  it("ends once, and nothing is left", () => {
    fc.assert(
      fc.property(protocols, fc.array(event, { maxLength: 25 }), (protocol, events) => {
        const w = wire({ protocol });
        const u = user();
        w.layer.request(request("REGISTER"), w.flow, u);
        for (const happens of events) {
          if (typeof happens === "number") w.receive(answerTo(w.flow.sent[0] ?? "", happens));
          else if (typeof happens === "object") w.clock.pass(happens.passMs);
          else if (happens === "lose") w.lose();
        }
        w.clock.pass(40_000);
        expect(u.heard.filter((heard) => !/^1\d\d/.test(heard))).toHaveLength(1);
        expect(/^1\d\d/.test(u.heard.at(-1) ?? "")).toBe(false);
        expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("what far ends send, whatever it is", () => {
  const far = fc.record({
    method: fc.constantFrom("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "COFFEE"),
    branch: fc.constantFrom("z9hG4bKa", "z9hG4bKb", "1"),
    callId: fc.constantFrom("one", "two"),
    to: fc.constantFrom("<sip:a@b>", "<sip:a@b>;tag=t"),
    does: fc.constantFrom(100, 180, 200, 486, "ignore", "nothing"),
  });
  const step = fc.oneof(far, fc.integer({ min: 1, max: 10_000 }), fc.constant("lose" as const));

  it("each request gets at most one kind of final response, and all is forgotten in the end", () => {
    fc.assert(
      fc.property(protocols, fc.array(step, { maxLength: 30 }), (protocol, steps) => {
        const w = wire({ protocol });
        for (const happens of steps) {
          const before = w.requests.length;
          if (typeof happens === "number") w.clock.pass(happens);
          else if (happens === "lose") w.lose();
          else {
            w.receive(farRequest(happens.method, happens));
            for (const transaction of w.requests.slice(before)) {
              transaction.onCanceled(() => transaction.respond({ status: 487 }));
              if (typeof happens.does === "number") transaction.respond({ status: happens.does });
              else if (happens.does === "ignore") transaction.ignore();
            }
          }
        }
        for (const transaction of w.requests) transaction.respond({ status: 408 });
        w.clock.pass(70_000);
        expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 1500 },
    );
  });
});

describe("what does not belong to a request", () => {
  const wrong: Readonly<Record<string, (sent: string) => string>> = {
    "another branch": (sent) => answerTo(sent, 486).replace(/branch=z9hG4bK\w/, "branch=z9hG4bKx"),
    "a branch that begins the same": (sent) => answerTo(sent, 486).replace(/(branch=[^;]+)\w;/, "$1;"),
    "no branch": (sent) => answerTo(sent, 486).replace(/;branch=[^;]+/, ""),
    "another CSeq method": (sent) => answerTo(sent, 486, { cseq: "7 OPTIONS" }),
    "the CSeq of a CANCEL that was not sent": (sent) => answerTo(sent, 486, { cseq: "7 CANCEL" }),
    "no CSeq": (sent) => answerTo(sent, 486).replace(/cseq: .*\r\n/, ""),
    "a CSeq without number": (sent) => answerTo(sent, 486, { cseq: "INVITE" }),
    "another sent-by": (sent) => answerTo(sent, 486).replace("192.0.2.1:5060", "192.0.2.2:5060"),
    "another port in sent-by": (sent) => answerTo(sent, 486).replace("192.0.2.1:5060", "192.0.2.1:5061"),
    "a second Via": (sent) =>
      answerTo(sent, 486).replace("\r\nfrom:", "\r\nvia: SIP/2.0/UDP a;branch=z9hG4bKa\r\nfrom:"),
    "a second Via in the first": (sent) =>
      answerTo(sent, 486).replace(";rport", ";rport, SIP/2.0/UDP a;branch=z9hG4bKa"),
    "no Via": (sent) => answerTo(sent, 486).replace(/via: .*\r\n/, ""),
  };

  it.each(Object.entries(wrong))("%s: the response changes nothing", (_, write) => {
    const w = wire();
    const u = user();
    const transaction = w.layer.invite(inviteRequest, w.flow, u);
    const text = write(w.flow.sent[0] ?? "");
    expect(text).not.toBe(answerTo(w.flow.sent[0] ?? "", 486));
    w.receive(text);
    expect([u.heard, transaction.ended, w.sent()]).toEqual([[], false, ["INVITE"]]);
    w.receive(answerTo(w.flow.sent[0] ?? "", 486));
    expect(u.heard).toEqual(["486"]);
  });

  it.each([
    ["parameters that were added, and rport filled", /;rport/, ";rport=40000;received=203.0.113.9"],
    ["parameters in another order and case", /;branch=([^;]+);rport/, ";received=203.0.113.9;Rport=1;Branch=$1"],
    ["white space", /SIP\/2\.0\/UDP (.*?);branch=/, "SIP / 2.0 / UDP   $1 ; branch = "],
  ])("%s: the response is ours all the same", (_, pattern, replacement) => {
    const w = wire();
    const u = user();
    w.layer.invite(inviteRequest, w.flow, u);
    w.receive(answerTo(w.flow.sent[0] ?? "", 486).replace(pattern, replacement));
    expect(u.heard).toEqual(["486"]);
  });

  it("a response to no request of ours is a stray, of any status and method", () => {
    const w = wire();
    const request: OutgoingRequest = inviteRequest;
    const other = wire();
    other.layer.invite(request, other.flow, user());
    for (const status of [180, 200, 487]) w.receive(answerTo(other.flow.sent[0] ?? "", status));
    expect(w.strays).toEqual(["180 7 INVITE", "200 7 INVITE", "487 7 INVITE"]);
    expect(w.flow.sent).toEqual([]);
  });
});
