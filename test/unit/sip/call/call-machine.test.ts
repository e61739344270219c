import { describe, expect, it } from "vitest";
import { answersChallenge, stepCall } from "../../../../src/sip/call/call-machine.ts";
import { beginCall, type CallInput, type CallState } from "../../../../src/sip/call/call-state.ts";
import type { InviteResponse } from "../../../../src/sip/invite-reading.ts";

const response = (status: number, toTag: string | null = "a", rseq = 0): CallInput => {
  const read: InviteResponse = {
    kind: "response",
    cseq: 1,
    fromTag: "",
    toTag,
    status,
    q850Cause: null,
    networkBlocked: false,
    redressUrl: null,
  };
  return { type: "response", response: read, phrase: "", rseq, atMs: 20 };
};
const inputs = {
  located: { type: "located", targets: 2 },
  nowhere: { type: "located", targets: 0 },
  flow: { type: "flow" },
  "no flow": { type: "no_flow" },
  "too large": { type: "too_large" },
  sent: { type: "sent", cseq: 1, atMs: 10 },
  "100": response(100, null),
  "180": response(180),
  "183 reliable": response(183, "a", 1),
  "200": response(200),
  "401": response(401),
  "503": response(503),
  "486": response(486),
  "another 2xx": { type: "another_answer", toTag: "b" },
  timeout: { type: "failed", why: "timeout", neverSent: false },
  "flow lost": { type: "failed", why: "transport", neverSent: false },
  "never sent": { type: "failed", why: "transport", neverSent: true },
  "CANCEL accepted": { type: "cancel_accepted", atMs: 30 },
  "hang up": { type: "hang_up", atMs: 25 },
  "time over": { type: "time_over", atMs: 40 },
  "BYE ended": { type: "bye_ended" },
  "far end's BYE": { type: "far_end_bye" },
} as const satisfies Record<string, CallInput>;
type Input = keyof typeof inputs;

function reached(...names: readonly Input[]): CallState {
  return names.reduce((state, name) => stepCall(state, inputs[name], true).state, beginCall(0));
}

/** Reached by these inputs, and with these the actions and next phase; every other input changes nothing but evidence. */
const table: Readonly<Record<string, readonly [by: readonly Input[], steps: Partial<Record<Input, string>>]>> = {
  locating: [
    [],
    {
      located: "next_target -> opening",
      nowhere: "end -> over never_sent",
      flow: "invite -> inviting",
      "no flow": "target_failed end -> over never_sent",
      "hang up": "end -> over never_sent",
      "time over": "end -> over never_sent",
      "another 2xx": "acknowledge bye -> opening",
      "200": "acknowledge bye -> opening",
    },
  ],
  opening: [
    ["located"],
    {
      located: "next_target -> opening",
      nowhere: "end -> over never_sent",
      flow: "invite -> inviting",
      "no flow": "target_failed next_target -> opening",
      "hang up": "end -> over never_sent",
      "time over": "end -> over never_sent",
      "another 2xx": "acknowledge bye -> opening",
      "200": "acknowledge bye -> opening",
    },
  ],
  calling: [
    ["located", "flow", "sent"],
    {
      "too large": "same_target -> opening",
      "180": "target_worked alerting -> inviting",
      "183 reliable": "target_worked progress prack -> inviting",
      "200": "target_worked acknowledge bye answered await_end -> answered",
      "401": "same_target -> opening",
      "503": "target_failed next_target -> opening",
      "486": "target_worked end -> over 486",
      timeout: "target_failed give_up end -> over timeout",
      "flow lost": "target_failed cancel_elsewhere end -> over transport",
      "never sent": "target_failed next_target -> opening",
      "another 2xx": "acknowledge bye -> inviting",
      "hang up": "cancel await_end -> inviting",
      "time over": "cancel await_end -> inviting",
    },
  ],
  proceeding: [
    ["located", "flow", "sent", "100"],
    {
      "too large": "same_target -> opening",
      "180": "target_worked alerting -> inviting",
      "183 reliable": "target_worked progress prack -> inviting",
      "200": "target_worked acknowledge bye answered await_end -> answered",
      "401": "same_target -> opening",
      "503": "target_failed next_target -> opening",
      "486": "target_worked end -> over 486",
      timeout: "give_up end -> over timeout",
      "flow lost": "cancel_elsewhere end -> over transport",
      "never sent": "target_failed next_target -> opening",
      "another 2xx": "acknowledge bye -> inviting",
      "hang up": "cancel await_end -> inviting",
      "time over": "cancel await_end -> inviting",
    },
  ],
  ringing: [
    ["located", "flow", "sent", "180"],
    {
      "too large": "same_target -> opening",
      "183 reliable": "prack -> inviting",
      "200": "acknowledge bye answered await_end -> answered",
      "401": "end -> over 401",
      "503": "target_failed end -> over 503",
      "486": "end -> over 486",
      timeout: "give_up end -> over timeout",
      "flow lost": "cancel_elsewhere end -> over transport",
      "never sent": "target_failed next_target -> opening",
      "another 2xx": "acknowledge bye -> inviting",
      "hang up": "cancel await_end -> inviting",
      "time over": "cancel await_end -> inviting",
    },
  ],
  "hung up before a response": [
    ["located", "flow", "sent", "hang up"],
    {
      "too large": "same_target -> opening",
      "180": "target_worked alerting -> inviting",
      "183 reliable": "target_worked progress prack -> inviting",
      "200": "target_worked acknowledge bye answered await_end -> answered",
      "401": "target_worked end -> over 401",
      "503": "target_failed end -> over 503",
      "486": "target_worked end -> over 486",
      timeout: "target_failed give_up end -> over timeout",
      "flow lost": "target_failed cancel_elsewhere end -> over transport",
      "never sent": "target_failed end -> over never_sent",
      "another 2xx": "acknowledge bye -> inviting",
      "time over": "give_up end -> over timeout",
    },
  ],
  "hung up while it rings": [
    ["located", "flow", "sent", "180", "hang up"],
    {
      "too large": "same_target -> opening",
      "183 reliable": "prack -> inviting",
      "200": "acknowledge bye answered await_end -> answered",
      "401": "end -> over 401",
      "503": "target_failed end -> over 503",
      "486": "end -> over 486",
      timeout: "give_up end -> over timeout",
      "flow lost": "cancel_elsewhere end -> over transport",
      "never sent": "target_failed end -> over never_sent",
      "another 2xx": "acknowledge bye -> inviting",
      "time over": "give_up end -> over timeout",
    },
  ],
  answered: [
    ["located", "flow", "sent", "180", "200"],
    {
      "200": "acknowledge -> answered",
      "another 2xx": "acknowledge bye -> answered",
      "BYE ended": "end -> over 200",
      "time over": "end -> over 200",
    },
  ],
  "answered twice": [
    ["located", "flow", "sent", "180", "200", "another 2xx"],
    {
      "200": "acknowledge -> answered",
      "another 2xx": "acknowledge -> answered",
      "time over": "end -> over 200",
    },
  ],
  challenged: [
    ["located", "flow", "sent", "401"],
    {
      located: "next_target -> opening",
      nowhere: "end -> over 401",
      flow: "invite -> inviting",
      "no flow": "target_failed next_target -> opening",
      "hang up": "end -> over 401",
      "time over": "end -> over 401",
      "another 2xx": "acknowledge bye -> opening",
      "200": "acknowledge bye -> opening",
    },
  ],
  overdue: [
    ["located", "flow", "sent", "180", "hang up", "time over"],
    {
      "200": "acknowledge bye -> over timeout",
      "another 2xx": "acknowledge bye -> over timeout",
      "flow lost": "cancel_elsewhere -> over timeout",
    },
  ],
  over: [
    ["located", "flow", "sent", "486"],
    { "200": "acknowledge bye -> over 486", "another 2xx": "acknowledge bye -> over 486" },
  ],
};

describe("the machine of a call", () => {
  it.each(Object.keys(table))("%s", (name) => {
    const [by, steps] = table[name] ?? [[], {}];
    const before = reached(...by);
    for (const input of Object.keys(inputs) as Input[]) {
      const { state, actions } = stepCall(before, inputs[input], true);
      const { ending } = state;
      const end = ending === null ? "" : ` ${ending.missing ?? ending.status}`;
      const step = `${actions.join(" ")} -> ${state.phase}${end}`;
      const still = ` -> ${before.phase}${before.ending === null ? "" : ` ${before.ending.missing ?? before.ending.status}`}`;
      expect(`${input}: ${step}`).toBe(`${input}: ${steps[input] ?? still}`);
    }
  });

  it("ends at the last target that takes nothing, with the last final there was", () => {
    expect(reached("located", "no flow", "no flow").ending).toMatchObject({ missing: "never_sent" });
    expect(reached("located", "flow", "sent", "503", "no flow").ending).toMatchObject({ status: 503, missing: null });
  });

  it("takes 3 s without any response to its open INVITE for a server that does not answer, however the call ends", () => {
    const overdue = (atMs: number, ...names: readonly Input[]) =>
      stepCall(reached(...names), { type: "time_over", atMs }).actions.includes("target_failed");
    const silent: readonly Input[] = ["located", "flow", "sent", "hang up"];
    expect([overdue(3009, ...silent), overdue(3010, ...silent)]).toEqual([false, true]);
    expect(overdue(9000, "located", "flow", "sent", "100", "hang up")).toBe(false);
    // The 503 was another server's, and the INVITE to this one is younger.
    const second = stepCall(reached("located", "flow", "sent", "503", "flow"), { type: "sent", cseq: 1, atMs: 2000 });
    const hungUp = stepCall(second.state, inputs["hang up"]).state;
    expect(stepCall(hungUp, { type: "time_over", atMs: 4000 }).actions).toEqual(["give_up", "end"]);
    expect(stepCall(hungUp, { type: "time_over", atMs: 5000 }).actions).toEqual(["target_failed", "give_up", "end"]);
  });

  it("answers at most three challenges, and none after a hang-up", () => {
    const round: readonly Input[] = ["flow", "sent", "401"];
    expect(reached("located", ...round, ...round, ...round, ...round).ending).toMatchObject({ status: 401 });
    expect(answersChallenge(reached("located", "flow", "sent", "hang up"))).toBe(false);
    expect(answersChallenge(reached("located", "flow", "sent", "180"))).toBe(false);
  });

  it("counts a CANCEL from when it was sent: held back until a provisional response", () => {
    const held = reached("located", "flow", "sent", "hang up");
    expect(held.wire?.evidence.canceledAtMs).toBeNull();
    expect(stepCall(held, inputs["180"]).state.wire?.evidence.canceledAtMs).toBe(20);
    const atOnce = reached("located", "flow", "sent", "180", "hang up", "CANCEL accepted");
    expect(atOnce.wire?.evidence).toMatchObject({ canceledAtMs: 25, cancelAcceptedAtMs: 30 });
  });
});
