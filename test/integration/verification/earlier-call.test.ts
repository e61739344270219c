/** A voice call whose code was read out goes on with the second reading beside later deliveries, and ends with the verification. */
import { describe, expect, it } from "vitest";
import type { AnsweredCall } from "../../../src/telephony/calls/ports.ts";
import {
  another,
  look,
  open,
  passes,
  post,
  posts,
  somebody,
  states,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { refusalOf, result, shop } from "./world.ts";

withWorkflowWorld();

const voice = {
  ...{ confirm_key: null, ring_ms: 25_000, max_call_ms: 180_000, max_prompts: 3, key_wait_ms: 4000 },
  prices: [],
};
/** Of each step: shorter than a call may take here. */
const waitMs = 10_000;
const settings = { start_gap_seconds: 0 };

let callIsOver = () => {};
/** Asterisk plays the first reading to its end, and is at the second one until the call is over. */
function readingTwice(): AnsweredCall {
  const over = new Promise<"over">((resolve) => {
    callIsOver = () => resolve("over");
  });
  let plays = 0;
  return {
    languagesOf: () => new Set(["en"]),
    play: async () => (plays++ === 0 ? "complete" : over),
    pause: async () => true,
    stopPlaying: () => undefined,
    onKey: () => undefined,
    finish: () => undefined,
    over: false,
  };
}

/** A call whose code was read out once, with a step that follows. */
async function spokenBefore(channel: string): Promise<string> {
  await open({ voice, settings });
  const workflow = [{ channel: "voice", waitMs }, { channel }];
  const { id } = await world.verifications.start(shop, { to: somebody(), workflow }, null);
  const call = world.lastCall();
  call.calling();
  call.ringing();
  call.answered(readingTwice());
  await expect.poll(async () => states(await look(id))).toEqual(["voice spoken"]);
  return id;
}
/** A message of the same code has been sent since, by waiting. */
async function spokenThenSent(): Promise<string> {
  const id = await spokenBefore("post");
  await passes(waitMs);
  await posts(1);
  await post.posted[0]?.becomes("sent");
  return id;
}
async function callEnds(): Promise<void> {
  callIsOver();
  world.lastCall().ended(result({ outcome: "answered", alerted: true, talkMs: 60_000, inviteOver: true }));
  await expect
    .poll(async () => (await look(world.lastCall().callId.slice(0, -2))).deliveries[0]?.result)
    .not.toBeNull();
}

describe("a message that follows a voice call", () => {
  it("does not hang up: the same code is still being read to the person", async () => {
    const id = await spokenThenSent();
    expect(states(await look(id))).toEqual(["voice spoken", "post sent"]);
    expect(post.posted[0]?.code).toMatch(/^\d{6}$/);
    expect(world.canceled).toEqual([]);
    await callEnds();
    expect(states(await look(id))).toEqual(["voice spoken", "post sent"]);
  });

  it("leaves the call to the verification's end: the right code hangs it up", async () => {
    const id = await spokenThenSent();
    const { valid } = await world.verifications.check(shop, id, { code: post.posted[0]?.code ?? "" });
    expect(valid).toBe(true);
    expect(world.canceled).toEqual([`${id}-1`]);
  });

  it("and so do a cancel and an expiry, whichever gateway is asked", async () => {
    const canceled = await spokenThenSent();
    const { there } = await another({ voice, settings });
    await there.verifications.cancel(shop, canceled);
    await expect.poll(() => world.canceled).toEqual([`${canceled}-1`]);
    expect(there.canceled).toEqual([]);

    const expired = await spokenThenSent();
    await passes(600_000);
    expect((await look(expired)).status).toBe("expired");
    expect(world.canceled).toEqual([`${expired}-1`]);
  });

  it("hangs up no call that is over", async () => {
    const id = await spokenThenSent();
    await callEnds();
    await world.verifications.cancel(shop, id);
    expect(world.canceled).toEqual([]);
  });
});

describe("another call to the same phone", () => {
  it("waits for the end of a voice call that still reads its code, chosen or as a step", async () => {
    const id = await spokenBefore("missed_call");
    expect(await refusalOf(world.verifications.resend(shop, id, "missed_call"))).toMatchObject({
      code: "rate_limited",
    });
    await passes(waitMs);
    expect(states(await look(id))).toEqual(["voice spoken"]);
    expect(world.placed).toHaveLength(1);
    await callEnds();
    await passes(5000);
    await expect.poll(() => world.placed.length).toBe(2);
    expect(states(await look(id))).toEqual(["voice spoken", "missed_call calling"]);
  });
});
