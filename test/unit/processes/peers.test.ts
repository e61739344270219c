/** The other processes, as one of them sees them over its channel. */
import { beforeEach, expect, test } from "vitest";
import type { FromProcess } from "../../../src/processes/messages.ts";
import { createPeers } from "../../../src/processes/peers.ts";
import { ManualClock } from "../../support/manual-clock.ts";

let clock: ManualClock;
let sent: FromProcess[];
let did: string[];
let peers: ReturnType<typeof createPeers>;
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  did = [];
  peers = createPeers({
    send: (message) => sent.push(message),
    stop: () => did.push("stop"),
    reload: (by) => did.push(`reload by ${by}`),
    clock,
  });
});

test("each question gets its own answers", async () => {
  const [first, second] = [peers.ask("trace", "v1"), peers.ask("trace", "v2")];
  expect(sent).toMatchObject([
    { type: "ask", what: "trace", argument: "v1" },
    { type: "ask", what: "trace", argument: "v2" },
  ]);
  const [one, two] = sent as { id: number }[];
  peers.receive({ type: "answers", id: two?.id ?? -1, texts: ["b"] });
  peers.receive({ type: "answers", id: one?.id ?? -1, texts: ["a", "c"] });
  peers.receive({ type: "answers", id: 99, texts: ["of nobody"] });
  expect(await Promise.all([first, second])).toEqual([["a", "c"], ["b"]]);
  expect(clock.pending).toBe(0);
});

test("a question that a frozen primary does not answer fails at its deadline, beyond the primary's own", async () => {
  const failed = expect(peers.ask("metrics", "")).rejects.toMatchObject({
    code: "processes_unavailable",
    detail: "The other processes of this gateway could not be asked: their primary process did not answer within 3 s.",
  });
  clock.advance(2999);
  peers.receive({ type: "answers", id: 99, texts: [] });
  clock.advance(1);
  await failed;
  // Late.
  peers.receive({ type: "answers", id: 0, texts: ["a"] });
  expect(clock.pending).toBe(0);
});

test("a question fails at once where the primary ends, or has ended", async () => {
  const ended = { code: "processes_unavailable", detail: expect.stringMatching(/primary process has ended/) };
  const asked = [peers.ask("reload", "key"), peers.ask("trace", "v1")].map((question) =>
    expect(question).rejects.toMatchObject(ended),
  );
  peers.disconnected();
  await Promise.all(asked);
  await expect(peers.ask("metrics", "")).rejects.toMatchObject(ended);
  expect([sent.length, clock.pending]).toEqual([2, 0]);
});

test("this process says by which name others know its calls, and gets the names of those that ended", () => {
  const { announce, onEnded } = peers.endedProcesses;
  peers.receive({ type: "ended", gateway: "before anything listens" });
  onEnded((gateway) => did.push(`ended ${gateway}`));
  announce("us");
  peers.receive({ type: "ended", gateway: "other" });
  expect([sent, did]).toEqual([[{ type: "gateway", name: "us" }], ["ended other"]]);
});

test("what is asked before it can be answered waits, and what fails is no answer", async () => {
  peers.receive({ type: "question", id: 1, what: "reload", argument: "key" });
  peers.receive({ type: "question", id: 2, what: "metrics", argument: "" });
  peers.answer("metrics", () => Promise.reject(new Error("no")));
  await settle();
  expect(sent).toEqual([{ type: "answer", id: 2, text: null }]);
  peers.answer("reload", async (by) => `by ${by}`);
  await settle();
  expect(sent.at(-1)).toEqual({ type: "answer", id: 1, text: "by key" });
});

test("the role of the registrar counts for what was there before and what comes later, each once", () => {
  peers.registrations.whenRegistrar(() => did.push("before"));
  peers.receive({ type: "registrar" });
  peers.receive({ type: "registrar" });
  peers.registrations.whenRegistrar(() => did.push("later"));
  expect(did).toEqual(["before", "later"]);
});

test("stop and reload are done, a registration is known", () => {
  const state = { status: {} as never, serviceRoute: ["<sip:edge;lr>"], atMs: 1 };
  expect(peers.registrations.of("a")).toBeNull();
  peers.receive({ type: "registration", trunk: "a", state });
  peers.receive({ type: "reload", by: "signal SIGHUP" });
  peers.receive({ type: "stop" });
  expect(peers.registrations.of("a")).toBe(state);
  expect(did).toEqual(["reload by signal SIGHUP", "stop"]);
});
