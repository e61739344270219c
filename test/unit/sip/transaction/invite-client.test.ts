import { describe, expect, it } from "vitest";
import { answerTo, inviteRequest, user, wire } from "./wire.ts";

function calling(protocol: "udp" | "tcp" = "udp") {
  const w = wire({ protocol });
  const u = user();
  const transaction = w.layer.invite(inviteRequest, w.flow, u);
  const respond = (status: number, toTag?: string) => w.receive(answerTo(w.flow.sent[0] ?? "", status, {}, toTag));
  return { ...w, u, transaction, respond };
}

const headersOf = (text: string | undefined) => text?.split("\r\n\r\n")[0]?.split("\r\n");

describe("an INVITE", () => {
  it("is written with our Via first, Max-Forwards and the length of its body", () => {
    const { flow, transaction } = calling();
    expect(headersOf(flow.sent[0])).toEqual([
      "INVITE sip:+447700900123@carrier.example SIP/2.0",
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${transaction.branch};rport`,
      "Route: <sip:proxy.example;lr>",
      "From: <sip:+12025550147@our.example>;tag=ours",
      "To: <sip:+447700900123@carrier.example>",
      "Call-ID: one@our.example",
      "CSeq: 7 INVITE",
      "Contact: <sip:onering@192.0.2.1:5060>",
      "Content-Type: application/sdp",
      "Max-Forwards: 70",
      "Content-Length: 5",
    ]);
    expect(flow.sent[0]?.endsWith("\r\n\r\nv=0\r\n")).toBe(true);
    expect(transaction.branch).toMatch(/^z9hG4bK[0-9a-f]{20}$/);
  });

  it("is repeated over UDP after 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, and fails after 32 s", () => {
    const c = calling();
    const atMs: number[] = [];
    for (let ms = 0; ms < 40_000; ms += 100) {
      const before = c.flow.sent.length;
      c.clock.pass(100);
      if (c.flow.sent.length > before) atMs.push(c.clock.nowMs());
    }
    expect(atMs).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(c.u.heard).toEqual(["failed timeout"]);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
  });

  it("is not repeated over TCP", () => {
    const c = calling("tcp");
    c.clock.pass(40_000);
    expect(c.sent()).toEqual(["INVITE"]);
    expect(c.u.heard).toEqual(["failed timeout"]);
  });

  it("is not repeated once a provisional response came, and has no end of its own then", () => {
    const c = calling();
    c.respond(100);
    c.respond(180);
    c.clock.pass(600_000);
    expect(c.sent()).toEqual(["INVITE"]);
    expect(c.u.heard).toEqual(["100", "180"]);
    expect(c.clock.pending).toBe(0);
  });

  it("a final response is acknowledged with the same Via and Route, and the To of the response", () => {
    const c = calling();
    c.respond(486);
    expect(headersOf(c.flow.sent[1])).toEqual([
      "ACK sip:+447700900123@carrier.example SIP/2.0",
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${c.transaction.branch};rport`,
      "Route: <sip:proxy.example;lr>",
      "From: <sip:+12025550147@our.example>;tag=ours",
      "To: <sip:+447700900123@carrier.example>;tag=theirs",
      "Call-ID: one@our.example",
      "CSeq: 7 ACK",
      "Max-Forwards: 70",
      "Content-Length: 0",
    ]);
    expect([c.u.heard, c.transaction.ended]).toEqual([["486"], true]);
  });

  it("a repeated final response is acknowledged for 32 s over UDP, and reported once", () => {
    const c = calling();
    c.respond(486);
    c.clock.pass(31_999);
    c.respond(486);
    expect(c.sent()).toEqual(["INVITE", "ACK", "ACK"]);
    expect(c.flow.sent[2]).toBe(c.flow.sent[1]);
    c.clock.pass(1);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
    c.respond(486);
    expect([c.sent(), c.u.heard, c.strays]).toEqual([["INVITE", "ACK", "ACK"], ["486"], ["486 7 INVITE"]]);
  });

  it("over TCP nothing is kept after the final response", () => {
    const c = calling("tcp");
    c.respond(180);
    c.respond(603);
    expect(c.sent()).toEqual(["INVITE", "ACK"]);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
  });

  it.each(["udp", "tcp"] as const)(
    "over %s each further 2xx is the user's for 32 s, and nothing else is",
    (protocol) => {
      const c = calling(protocol);
      c.respond(180);
      c.respond(200);
      c.respond(200, "another-phone");
      c.respond(180);
      c.respond(486);
      c.clock.pass(31_999);
      c.respond(200);
      c.clock.pass(1);
      c.respond(200);
      expect(c.u.heard).toEqual(["180", "200", "repeated 200", "repeated 200"]);
      expect(c.sent()).toEqual(["INVITE"]);
      expect(c.strays).toEqual(["200 7 INVITE"]);
      expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
    },
  );

  it("a 200 of another phone after 487 is a stray: nobody must stay answered", () => {
    const c = calling();
    c.respond(487);
    c.respond(200, "another-phone");
    expect([c.u.heard, c.strays]).toEqual([["487"], ["200 7 INVITE"]]);
  });

  it.each([[[]], [[180]]])("fails where its flow is lost after %j: whether it arrived is unknown", (statuses) => {
    const c = calling("tcp");
    for (const status of statuses) c.respond(status);
    c.lose();
    expect(c.u.heard).toEqual([...statuses.map(String), "failed transport"]);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
  });

  it("fails as never sent where the flow takes nothing; the user has the transaction by then", async () => {
    const w = wire();
    w.flow.takes = false;
    const u = user();
    const transaction = w.layer.invite(inviteRequest, w.flow, u);
    expect([u.heard, transaction.ended]).toEqual([[], true]);
    await Promise.resolve();
    expect(u.heard).toEqual(["failed transport, never sent"]);
    expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
  });

  it("beyond the limit it fails as never sent; those that only absorb repetitions give way", async () => {
    const w = wire({ limit: 2 });
    const users = [user(), user(), user()];
    for (const u of users.slice(0, 2)) w.layer.invite(inviteRequest, w.flow, u);
    w.layer.invite(inviteRequest, w.flow, users[2] ?? user());
    await Promise.resolve();
    expect(users.map(({ heard }) => heard)).toEqual([[], [], ["failed transport, never sent"]]);
    expect(w.sent()).toEqual(["INVITE", "INVITE"]);
    for (let call = 0; call < 5; call++) {
      for (const sent of w.flow.sent.filter((text) => text.startsWith("INVITE"))) w.receive(answerTo(sent, 486));
      w.layer.invite(inviteRequest, w.flow, user());
    }
    expect(w.layer.size).toBe(3);
  });

  it("stop ends it, its timers too; who waits for it learns that, once", async () => {
    const c = calling();
    c.layer.stop();
    c.clock.pass(60_000);
    c.respond(486);
    c.transaction.cancel();
    expect([c.u.heard, c.sent(), c.layer.size, c.clock.pending]).toEqual([[], ["INVITE"], 0, 0]);
    await Promise.resolve();
    expect(c.u.heard).toEqual(["failed transport"]);
  });
});

describe("CANCEL", () => {
  it("is sent at once after a provisional response: same URI, Via, Route, To without tag", () => {
    const c = calling();
    c.respond(180);
    const canceled = user();
    c.transaction.cancel([["Reason", 'SIP;cause=487;text="done"']], canceled);
    c.transaction.cancel();
    expect(headersOf(c.flow.sent[1])).toEqual([
      "CANCEL sip:+447700900123@carrier.example SIP/2.0",
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${c.transaction.branch};rport`,
      "Route: <sip:proxy.example;lr>",
      "From: <sip:+12025550147@our.example>;tag=ours",
      "To: <sip:+447700900123@carrier.example>",
      "Call-ID: one@our.example",
      "CSeq: 7 CANCEL",
      "Max-Forwards: 70",
      'Reason: SIP;cause=487;text="done"',
      "Content-Length: 0",
    ]);
    c.receive(answerTo(c.flow.sent[1] ?? "", 200));
    c.respond(487);
    expect([canceled.heard, c.u.heard]).toEqual([["200"], ["180", "487"]]);
    expect(c.sent()).toEqual(["INVITE", "CANCEL", "ACK"]);
    c.clock.pass(32_000);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
  });

  it("is held until a provisional response", () => {
    const c = calling();
    c.transaction.cancel();
    c.clock.pass(600);
    expect(c.sent()).toEqual(["INVITE", "INVITE"]);
    c.respond(100);
    expect(c.sent()).toEqual(["INVITE", "INVITE", "CANCEL"]);
  });

  it("is never sent where a final response came first", () => {
    for (const status of [200, 486]) {
      const c = calling();
      c.transaction.cancel();
      c.respond(status);
      c.transaction.cancel();
      expect(c.sent()).not.toContain("CANCEL");
    }
  });

  it("is never sent where nothing came; the INVITE ends by Timer B", () => {
    const c = calling();
    const canceled = user();
    c.transaction.cancel([], canceled);
    c.clock.pass(32_000);
    expect(c.sent()).not.toContain("CANCEL");
    expect([c.u.heard, canceled.heard]).toEqual([["failed timeout"], []]);
  });

  it("is repeated over UDP after 0.5, 1.5, 3.5, 7.5 s and then each 4 s; 32 s after it the INVITE fails too", () => {
    const c = calling();
    c.respond(180);
    const canceled = user();
    c.transaction.cancel([], canceled);
    c.clock.pass(31_999);
    expect(c.sent().filter((short) => short === "CANCEL")).toHaveLength(11);
    c.clock.pass(1);
    expect([c.u.heard, canceled.heard]).toEqual([["180", "failed timeout"], ["failed timeout"]]);
    expect([c.layer.size, c.clock.pending]).toEqual([0, 0]);
  });

  it("that the flow does not take fails as never sent; the INVITE fails 32 s later, unless the flow is lost before", async () => {
    const c = calling("tcp");
    c.respond(180);
    c.flow.takes = false;
    const canceled = user();
    c.transaction.cancel([], canceled);
    await Promise.resolve();
    expect(canceled.heard).toEqual(["failed transport, never sent"]);
    c.clock.pass(32_000);
    expect([c.u.heard, c.layer.size, c.clock.pending]).toEqual([["180", "failed timeout"], 0, 0]);
  });

  it("of a process that died: another sends it from what was kept, and acknowledges the end", () => {
    const died = calling("tcp");
    const kept = JSON.parse(JSON.stringify(died.transaction.sent));
    const w = wire({ protocol: "tcp" });
    const u = user();
    w.layer.takeOver(kept, w.flow, u).cancel([["Reason", "SIP;cause=487"]]);
    expect(w.flow.sent[0]).toContain(`Via: SIP/2.0/TCP 192.0.2.1:5060;branch=${kept.branch};rport\r\n`);
    expect(w.flow.sent[0]).toContain("CSeq: 7 CANCEL\r\n");
    w.receive(answerTo(w.flow.sent[0] ?? "", 200));
    w.receive(answerTo(died.flow.sent[0] ?? "", 487));
    expect([w.sent(), u.heard]).toEqual([["CANCEL", "ACK"], ["487"]]);
    expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
  });
});
