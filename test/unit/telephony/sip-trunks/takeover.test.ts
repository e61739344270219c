/** Calls of gateways that died are canceled by one that lives. */

import { describe, expect, it, vi } from "vitest";
import { deferred } from "../../../../src/shared/deferred.ts";
import { type ConnectionRules, FlowError, type Target } from "../../../../src/sip/transport/port.ts";
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

/** @param given the flows that open, one after the other; null: none does; `waits`: one does when the test says so */
function start(
  orphans: readonly OrphanInvite[],
  given: TestFlow | readonly TestFlow[] | "waits" | null = new TestFlow(),
) {
  const [flow, ...others] = given === "waits" ? [new TestFlow()] : given === null ? [null] : [given].flat();
  const opened = deferred<void>();
  if (given !== "waits") opened.resolve();
  const ours = wire();
  const logs = keepingLogger();
  let left = [...orphans];
  let away = false;
  const calls: string[] = [];
  const taken: string[] = [];
  let isFound = true;
  let isBack = false;
  const answered: [number, string][] = [];
  const targets: Target[] = [];
  const errors: unknown[] = [];
  let ended: (gateway: string) => void = () => undefined;
  const store: OrphanInvites = {
    gateway: "us",
    async beat() {
      if (away) throw new Error("away");
      calls.push("beat");
      return isFound && left.length > 0 ? ["dead"] : [];
    },
    isDead: async () => !isBack && left.length > 0,
    async take(gateway) {
      taken.push(gateway);
      return gateway === "dead" ? left.slice(0, 2) : [];
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
    ...{ monotonicMs: ours.clock.nowMs, endWaitMs: 5000, onError: (error: unknown) => errors.push(error) },
    transports: {
      flowTo: () => null,
      async connect(target) {
        targets.push(target);
        await opened.promise;
        if (flow == null) throw new FlowError("refused", "test");
        return targets.length === 1 ? flow : (others[targets.length - 2] ?? flow);
      },
    },
    rulesOf: (trunk) => (trunk === "a" ? rules : undefined),
    answered: ({ status }, _flow, trunk) => answered.push([status, trunk]),
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
    ...{ takeover, ours, logs, calls, taken, answered, targets, errors, rules, flow, open: opened.resolve },
    /** It was frozen, and goes on: with another call. */
    comeBack(orphan: OrphanInvite) {
      isBack = true;
      left.push(orphan);
    },
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
    await vi.waitFor(() => expect(calls.filter((call) => call.startsWith("done"))).toEqual(["done p q", "done r s"]));
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

  it("is canceled once more where the connection that took the CANCEL breaks, or says nothing at all", async () => {
    for (const how of ["breaks", "is silent"] as const) {
      const flows = [new TestFlow("tcp"), new TestFlow("tcp")] as const;
      const [first, second] = flows;
      const { ours, calls, errors } = start([{ attempt: "x", invite: openInvite() }], flows);
      Object.assign(first, {
        async closeIfSilentSince() {
          ours.lose(first);
          return true;
        },
      });
      await vi.waitFor(() => expect(calls).toContain("done x"));
      expect(ours.sent(first)).toEqual(["CANCEL"]);
      if (how === "breaks") ours.lose(first);
      else ours.clock.pass(5000);
      ours.clock.pass(500);
      await vi.waitFor(() => expect(ours.sent(second)).toEqual(["CANCEL"]));
      expect(second.sent).toEqual(first.sent);
      const cancel = second.sent[0] ?? "";
      ours.receive(answerTo(cancel, 200), second);
      ours.receive(answerTo(cancel, 487, { cseq: "7 INVITE" }), second);
      ours.lose(second);
      ours.clock.pass(60_000);
      expect([ours.sent(first), ours.sent(second)]).toEqual([["CANCEL"], ["CANCEL", "ACK"]]);
      expect(errors).toEqual([]);
    }
  });

  it("is left alone where its gateway was frozen, and is back: the call rings as it should", async () => {
    const { calls, taken, flow, open, comeBack, takeover } = start([{ attempt: "x", invite: openInvite() }], "waits");
    await vi.waitFor(() => expect(taken).toEqual(["dead"]));
    comeBack({ attempt: "its next call", invite: openInvite() });
    open();
    await vi.waitFor(() => expect(calls).toContain("done x"));
    await takeover.stop();
    expect([taken, flow?.sent.length, takeover.canceled]).toEqual([["dead"], 1, 1]);
  });

  it("that was answered at that moment is handed on, to be acknowledged and hung up", async () => {
    const { flow, ours, answered, calls } = start([{ attempt: "x", invite: openInvite() }]);
    await vi.waitFor(() => expect(calls).toContain("done x"));
    const cancel = flow?.sent[0] ?? "";
    ours.receive(answerTo(cancel, 200, { cseq: "7 INVITE" }), flow ?? undefined);
    // By its account the BYE is signed where that is challenged.
    expect(answered).toEqual([[200, "a"]]);
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

  it("is looked at at once while another one's INVITEs wait for a connection, and again where it is told again", async () => {
    const { calls, taken, ends, open, takeover } = start([{ attempt: "x", invite: openInvite() }], "waits");
    await vi.waitFor(() => expect(taken).toEqual(["dead"]));
    ends("other");
    ends("other");
    await vi.waitFor(() => expect(taken).toEqual(["dead", "other", "other"]));
    expect(calls).not.toContain("done x");
    open();
    await vi.waitFor(() => expect(calls).toContain("done x"));
    expect(takeover.canceled).toBe(1);
  });
});

describe("many gateways that died", () => {
  it("behind a carrier that takes no connection do not delay the calls of one that dies after them", async () => {
    const ours = wire();
    const flow = new TestFlow();
    const stuck = Array.from({ length: 20 }, (_, index) => `stuck ${index}`);
    let dead = stuck;
    const done: string[] = [];
    const refuses = deferred<never>();
    const [unreachable, reachable] = [openInvite(), openInvite("b")];
    const takeover = createTakeover({
      store: {
        ...{ gateway: "us", beat: async () => dead, isDead: async (one) => !done.includes(one), leave: async () => {} },
        take: async (one) => [{ attempt: one, invite: one === "newer" ? reachable : unreachable }],
        done: async (_, attempts) => void done.push(...attempts),
      },
      ...{ transactions: ours.layer, clock: ours.clock, logger: keepingLogger().logger, onError: () => undefined },
      ...{ monotonicMs: ours.clock.nowMs, endWaitMs: 5000, answered: () => undefined },
      transports: {
        flowTo: () => null,
        connect: ({ rules }) => (rules?.name === "b" ? Promise.resolve(flow) : refuses.promise),
      },
      rulesOf: (name) => ({ name }),
    });
    takeover.start();
    await vi.waitFor(() => expect(ours.clock.pending).toBe(1));
    dead = ["newer", ...stuck];
    ours.clock.advance(500);
    await vi.waitFor(() => expect(done).toEqual(["newer"]));
    expect(ours.sent(flow)).toEqual(["CANCEL"]);
    refuses.reject(new FlowError("refused", "test"));
    await takeover.stop();
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
