/** Calls of gateways that died are canceled by one that lives. */
import { describe, expect, it, vi } from "vitest";
import type { ConnectionRules, Target } from "../../../../src/sip/transport/port.ts";
import type {
  OpenInvite,
  OrphanInvite,
  OrphanInvites,
} from "../../../../src/telephony/sip-trunks/open-invites-port.ts";
import { createTakeover } from "../../../../src/telephony/sip-trunks/takeover.ts";
import { keepingLogger } from "../../../support/keeping-logger.ts";
import { answerTo, inviteRequest, TestFlow, user, wire } from "../../sip/transaction/wire.ts";

/** An INVITE of another process, as it was on the wire. */
function openInvite(trunk = "a"): OpenInvite {
  const theirs = wire();
  const { sent } = theirs.layer.invite(inviteRequest, theirs.flow, user());
  return { sent, trunk, target: { protocol: "udp", address: "198.51.100.7", port: 5060 } };
}

/** @param given the flow that opens; null: none does; `waits`: one does when the test says so */
function start(orphans: readonly OrphanInvite[], given: TestFlow | "waits" | null = new TestFlow()) {
  const flow = given === "waits" ? new TestFlow() : given;
  const opened = Promise.withResolvers<void>();
  if (given !== "waits") opened.resolve();
  const ours = wire();
  const logs = keepingLogger();
  let left = [...orphans];
  let away = false;
  const calls: string[] = [];
  const taken: string[] = [];
  let isFound = true;
  const answered: number[] = [];
  const targets: Target[] = [];
  let ended: (gateway: string) => void = () => undefined;
  const store: OrphanInvites = {
    gateway: "us",
    async beat() {
      if (away) throw new Error("away");
      calls.push("beat");
      return isFound && left.length > 0 ? ["dead"] : [];
    },
    async take(gateway) {
      taken.push(gateway);
      return left.slice(0, 2);
    },
    async done(_, attempts) {
      calls.push(`done ${attempts.join(" ")}`);
      left = left.filter(({ attempt }) => !attempts.includes(attempt));
    },
    async leave() {
      calls.push("leave");
    },
  };
  const rules: ConnectionRules = { name: "a" };
  const takeover = createTakeover({
    ...{ store, transactions: ours.layer, clock: ours.clock, logger: logs.logger },
    transports: {
      flowTo: () => null,
      async connect(target) {
        targets.push(target);
        await opened.promise;
        if (flow === null) throw new Error("refused");
        return flow;
      },
    },
    rulesOf: (trunk) => (trunk === "a" ? rules : undefined),
    answered: ({ status }) => answered.push(status),
    processes: {
      announce: (gateway) => calls.push(`is ${gateway}`),
      onEnded(receiver) {
        ended = receiver;
      },
    },
  });
  takeover.start();
  calls.splice(0, 1);
  return {
    ...{ takeover, ours, logs, calls, taken, answered, targets, rules, flow, open: opened.resolve },
    ends: (gateway: string) => ended(gateway),
    find: (isDead: boolean) => {
      isFound = isDead;
    },
    setAway: (isAway: boolean) => {
      away = isAway;
    },
  };
}

describe("an INVITE of a gateway that died", () => {
  it("is canceled as its own gateway would: same branch, tags, Call-ID, number and route", async () => {
    const invite = openInvite();
    const { flow, calls, logs, targets, rules, takeover } = start([{ attempt: "x", invite }]);
    await vi.waitFor(() => expect(calls).toContain("done x"));
    const [cancel] = flow?.sent ?? [];
    expect(cancel?.split("\r\n")).toEqual([
      "CANCEL sip:+447700900123@carrier.example SIP/2.0",
      `Via: ${invite.sent.via}`,
      "Route: <sip:proxy.example;lr>",
      "From: <sip:+12025550147@our.example>;tag=ours",
      "To: <sip:+447700900123@carrier.example>",
      "Call-ID: one@our.example",
      "CSeq: 7 CANCEL",
      "Max-Forwards: 70",
      "Content-Length: 0",
      "",
      "",
    ]);
    expect(targets).toEqual([{ ...invite.target, rules }]);
    expect(takeover.canceled).toBe(1);
    expect(logs.text()).toContain('"calls":1');
    expect(logs.text()).not.toMatch(/447700900123|12025550147|carrier\.example/);
  });

  it("is taken until there are no more, those that cannot be read too", async () => {
    const orphans = ["p", "q", "r"].map((attempt) => ({ attempt, invite: openInvite() }));
    const { flow, calls } = start([...orphans, { attempt: "s", invite: null }]);
    await vi.waitFor(() =>
      expect(calls.filter((call) => call.startsWith("done"))).toEqual(["done p q", "done r s", "done "]),
    );
    expect(flow?.sent).toHaveLength(3);
  });

  it("is tried again with the next beat where no connection opens", async () => {
    const { calls, ours, takeover } = start([{ attempt: "x", invite: openInvite("gone") }], null);
    await vi.waitFor(() => expect(calls).toEqual(["beat", "done "]));
    await vi.waitFor(() => expect(ours.clock.pending).toBeGreaterThan(0));
    ours.clock.advance(500);
    await vi.waitFor(() => expect(calls).toEqual(["beat", "done ", "beat", "done "]));
    expect(takeover.canceled).toBe(0);
  });

  it("does not keep this gateway from saying that it lives, where its carrier accepts no connection", async () => {
    const { calls, ours, takeover, open } = start([{ attempt: "x", invite: openInvite() }], "waits");
    for (let beats = 1; beats <= 8; beats++) {
      await vi.waitFor(() => expect(calls).toHaveLength(beats));
      await vi.waitFor(() => expect(ours.clock.pending).toBe(1));
      ours.clock.advance(500);
    }
    expect(new Set(calls)).toEqual(new Set(["beat"]));
    open();
    await vi.waitFor(() => expect(calls).toContain("done x"));
    await takeover.stop();
    expect(calls.filter((call) => call === "done x")).toHaveLength(1);
  });

  it("that was answered at that moment is handed on, to be acknowledged and hung up", async () => {
    const { flow, ours, answered, calls } = start([{ attempt: "x", invite: openInvite() }]);
    await vi.waitFor(() => expect(calls).toContain("done x"));
    const cancel = flow?.sent[0] ?? "";
    ours.receive(answerTo(cancel, 200, { cseq: "7 INVITE" }), flow ?? undefined);
    expect(answered).toEqual([200]);
  });
});

describe("a process of this gateway that ended", () => {
  it("has its INVITEs canceled at once: no beat has to miss", async () => {
    const { calls, taken, find, ends, flow, takeover } = start([]);
    await vi.waitFor(() => expect(calls).toContain("beat"));
    expect([calls, taken, flow?.sent]).toEqual([["beat"], [], []]);
    find(false);
    ends("other");
    await vi.waitFor(() => expect(calls).toEqual(["beat", "done "]));
    expect(taken).toEqual(["other"]);
    await takeover.stop();
    ends("another");
    expect(taken).toEqual(["other"]);
  });

  it("is not forgotten while another one's INVITEs are being taken", async () => {
    const { calls, taken, ends, open, takeover } = start([{ attempt: "x", invite: openInvite() }], "waits");
    await vi.waitFor(() => expect(taken).toEqual(["dead"]));
    ends("other");
    ends("other");
    expect(taken).toEqual(["dead"]);
    open();
    await vi.waitFor(() => expect(taken).toEqual(["dead", "dead", "other"]));
    await vi.waitFor(() => expect(calls.filter((call) => call === "done ")).toHaveLength(2));
    expect(takeover.canceled).toBe(1);
  });
});

describe("a gateway", () => {
  it("beats twice a second, goes on when Redis is back, and says that it stops", async () => {
    const { ours, calls, setAway, takeover } = start([]);
    await vi.waitFor(() => expect(ours.clock.pending).toBe(1));
    setAway(true);
    ours.clock.advance(500);
    await vi.waitFor(() => expect(ours.clock.pending).toBe(1));
    setAway(false);
    ours.clock.advance(500);
    await vi.waitFor(() => expect(ours.clock.pending).toBe(1));
    expect(calls).toEqual(["beat", "beat"]);
    await takeover.stop();
    expect(calls.at(-1)).toBe("leave");
    expect(ours.clock.pending).toBe(0);
  });
});
