/** What one far end can take of the places that all share. */
import { expect, it } from "vitest";
import { answerTo, farRequest, inviteRequest, request, shortOf, TestFlow, user, wire } from "./transaction/wire.ts";

const flowAt = (address: string) => new TestFlow("tcp", { address, port: 5060 });
const [a, b, c] = ["198.51.100.1", "198.51.100.2", "198.51.100.3"] as const;
const byAddress = {
  limit: 16,
  farEndOf: ({ remote }: { readonly remote: { readonly address: string } }) => remote.address,
};

it("a carrier that answers nothing takes half of all transactions: calls of others go on", () => {
  const w = wire(byAddress);
  const [greedy, fine, late] = [flowAt(a), flowAt(b), flowAt(c)];
  for (let call = 0; call < 100; call++) w.layer.request(request("OPTIONS"), greedy, user());
  expect(greedy.sent).toHaveLength(8);
  for (let call = 0; call < 100; call++) {
    const transaction = w.layer.invite(inviteRequest, fine, user());
    expect(transaction.ended).toBe(false);
    w.receive(answerTo(fine.sent.at(-1) ?? "", 486), fine);
  }
  // Two that are greedy leave room for a third.
  for (let call = 0; call < 100; call++) w.layer.request(request("OPTIONS"), fine, user());
  expect(w.layer.invite(inviteRequest, late, user()).ended).toBe(false);
});

it("a place is given back once, however a transaction ends", () => {
  const w = wire({ ...byAddress, limit: 2, protocol: "udp" });
  const flow = w.flow;
  for (const end of ["answered", "refused", "timed out", "given up"] as const) {
    const own = w.layer.request(request("OPTIONS"), flow, user());
    expect(own.ended).toBe(false);
    if (end === "answered") w.receive(answerTo(flow.sent.at(-1) ?? "", 200));
    else if (end === "refused") w.receive(answerTo(flow.sent.at(-1) ?? "", 500));
    else w.clock.pass(60_000);
  }
  expect(w.layer.request(request("OPTIONS"), flow, user()).ended).toBe(false);
  w.lose(flow);
  flow.open = true;
  expect(w.layer.request(request("OPTIONS"), flow, user()).ended).toBe(false);
});

it("a carrier that floods us with requests is refused, and another is answered", () => {
  const w = wire(byAddress);
  const [greedy, fine] = [flowAt(a), flowAt(b)];
  for (let n = 0; n < 100; n++) w.receive(farRequest("OPTIONS", { branch: `z9hG4bKa${n}`, callId: `a${n}` }), greedy);
  expect(w.requests).toHaveLength(8);
  expect(greedy.sent.map(shortOf)).toEqual(Array(92).fill("503 OPTIONS"));
  w.receive(farRequest("OPTIONS", { branch: "z9hG4bKb", callId: "b" }), fine);
  expect([w.requests.length, fine.sent]).toEqual([9, []]);
});

it("where there is but one far end, all places are its own", () => {
  const w = wire({ limit: 16 });
  for (let call = 0; call < 100; call++) w.layer.request(request("OPTIONS"), w.flow, user());
  expect(w.flow.sent).toHaveLength(16);
});
