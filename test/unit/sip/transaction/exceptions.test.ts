/** A user of a transaction that throws: reported, and what it is about is not waited for. */
import { expect, it, vi } from "vitest";
import { answerTo, farRequest, inviteRequest, request, TestFlow, user, wire } from "./wire.ts";

const bug = new Error("a bug");
const throwing = () => {
  throw bug;
};
const thrower = { response: throwing, failed: throwing, repeatedAnswer: throwing };

it("in a timer: the other timers of that moment go on", () => {
  const onError = vi.fn();
  const w = wire({ onError });
  const other = user();
  w.layer.request(request("OPTIONS"), w.flow, thrower);
  w.layer.request(request("OPTIONS"), w.flow, other);
  w.clock.pass(32_000);
  expect([onError.mock.calls, other.heard]).toEqual([[[bug]], ["failed timeout"]]);
});

it("when it learns that nothing was sent", async () => {
  const onError = vi.fn();
  const w = wire({ onError });
  const closed = new TestFlow();
  closed.open = false;
  w.layer.invite(inviteRequest, closed, thrower);
  await Promise.resolve();
  expect(onError.mock.calls).toEqual([[bug]]);
});

it("in a response: the transaction ends as it would", () => {
  const onError = vi.fn();
  const w = wire({ onError });
  w.layer.invite(inviteRequest, w.flow, thrower);
  w.receive(answerTo(w.flow.sent[0] ?? "", 486));
  w.clock.pass(32_000);
  expect([onError.mock.calls, w.sent(), w.layer.size]).toEqual([[[bug]], ["INVITE", "ACK"], 0]);
});

it.each(["INVITE", "OPTIONS"])("in a request: the %s is not kept for ever", (method) => {
  const onError = vi.fn();
  const w = wire({ onError });
  w.layer.onRequest(throwing);
  w.receive(farRequest(method));
  w.clock.pass(33_000);
  expect([onError.mock.calls, w.layer.size, w.clock.pending]).toEqual([[[bug]], 0, 0]);
});
