/** `planOf`: which steps a request has, by the request, its app's profile and the gateway's defaults, or why it is refused. */
import { describe, expect, it } from "vitest";
import { type AppProfile, standardProfile } from "../../../src/apps/profile.ts";
import { createNetworkTable } from "../../../src/numbers/networks/match.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { ChannelSet, OpenChannel } from "../../../src/verification/channel-set.ts";
import { channelNotAvailable } from "../../../src/verification/refusals.ts";
import type { StartRequest } from "../../../src/verification/types.ts";
import { planOf, type WorkflowDefaults, workflowProblems } from "../../../src/verification/workflow.ts";

const phone = "+447400123456";
const other = "+447400999999";
const address = "a@b.example";

function channel(name: string, own: Partial<OpenChannel> = {}): OpenChannel {
  const common = { proves: "phone", enabled: true, codes: "derived", setupLimitMs: 20_000, costs: false } as const;
  return { name, ...common, ...own } as OpenChannel;
}

const all: readonly OpenChannel[] = [
  channel("missed_call", { codes: "own", setupLimitMs: 35_000 }),
  channel("voice", { waitMs: 45_000, setupLimitMs: 65_000 }),
  channel("call_in", { codes: null, setupLimitMs: 0 }),
  channel("sms"),
  channel("email", { proves: "email" }),
  channel("whatsapp", { enabled: false }),
];
const usable = all.filter(({ enabled }) => enabled);
const channels: ChannelSet = {
  ...{ all, usable },
  find: (name) => all.find((one) => one.name === name),
  wanted(name) {
    const found = usable.find((one) => name === null || one.name === name);
    if (found === undefined)
      throw channelNotAvailable(
        name ?? "",
        usable.map((one) => one.name),
      );
    return found;
  },
};

const profile = (own: Partial<AppProfile> = {}): AppProfile => ({ ...standardProfile, ...own });
const defaults = (own: Partial<WorkflowDefaults> = {}): WorkflowDefaults => {
  const channelsByNetwork = createNetworkTable<readonly string[]>([]);
  return { workflow: null, firstChannel: {}, channelsByNetwork, ttlMs: 300_000, leastDigits: 4, ...own };
};
const steps = (...names: string[]) => names.map((name) => ({ channel: name, waitMs: null }));

/** As `[channel, wait in s, own recipient]`, or the refusal: its code and detail. */
function planned(request: Partial<StartRequest>, app = profile(), own = defaults()) {
  const read = (open: OpenChannel, to: string) => {
    if ((open.proves === "email") !== to.includes("@"))
      throw new Refusal("number_invalid", `${open.name}: not readable`);
    return { to, country: to.includes("@") ? null : "GB", callee: { hash: to, shard: "00" } } as never;
  };
  try {
    return planOf({ to: phone, ...request }, app, channels, own, read).map(({ channel, waitMs, to }) => [
      channel,
      waitMs / 1000,
      to,
    ]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

describe("the steps", () => {
  const preferred = (firstChannel: Record<string, string>) => defaults({ firstChannel });
  const two = steps("missed_call", "sms");
  it.each<[string, Partial<StartRequest>, AppProfile, WorkflowDefaults, unknown]>([
    ["nothing is said: the first channel", {}, profile(), defaults(), [["missed_call", 30, null]]],
    ["a channel is named", { channel: "sms" }, profile(), defaults(), [["sms", 30, null]]],
    [
      "a channel is named that has a wait of its own",
      { channel: "voice" },
      profile(),
      defaults(),
      [["voice", 45, null]],
    ],
    [
      "a workflow is named; its waits come before the channels'",
      {
        workflow: [
          { channel: "missed_call", waitMs: 10_000 },
          { channel: "voice", waitMs: 20_000 },
          { channel: "sms" },
        ],
      },
      profile(),
      defaults(),
      [
        ["missed_call", 10, null],
        ["voice", 20, null],
        ["sms", 30, null],
      ],
    ],
    [
      "the gateway has a workflow",
      {},
      profile(),
      defaults({ workflow: two }),
      [
        ["missed_call", 30, null],
        ["sms", 30, null],
      ],
    ],
    [
      "the app's workflow takes its place",
      {},
      profile({ workflow: steps("sms") }),
      defaults({ workflow: two }),
      [["sms", 30, null]],
    ],
    [
      "a named channel takes the place of both",
      { channel: "call_in" },
      profile({ workflow: two }),
      defaults({ workflow: two }),
      [["call_in", 30, null]],
    ],
    [
      "what the app may not use is left out of a default",
      {},
      profile({ channels: ["sms"] }),
      defaults({ workflow: two }),
      [["sms", 30, null]],
    ],
    [
      "the first channel that the app may use",
      {},
      profile({ channels: ["sms", "voice"] }),
      defaults(),
      [["voice", 45, null]],
    ],
    ["the callee's country prefers a channel", {}, profile(), preferred({ GB: "sms" }), [["sms", 30, null]]],
    [
      "a prefix comes before the country, the longest one first",
      {},
      profile(),
      preferred({ GB: "sms", "+44": "call_in", "+4474": "voice" }),
      [["voice", 45, null]],
    ],
    [
      "a preferred channel that the app may not use is passed over",
      {},
      profile({ channels: ["missed_call"] }),
      preferred({ GB: "sms" }),
      [["missed_call", 30, null]],
    ],
    [
      "a workflow begins with the preferred channel, and has it once",
      {},
      profile(),
      defaults({ workflow: steps("missed_call", "voice", "sms"), firstChannel: { GB: "sms" } }),
      [
        ["sms", 30, null],
        ["missed_call", 30, null],
        ["voice", 45, null],
      ],
    ],
    [
      "a step has a recipient of its own where the app may mix",
      { workflow: [{ channel: "missed_call" }, { channel: "sms", to: other }] },
      profile({ mixedProofs: true }),
      defaults(),
      [
        ["missed_call", 30, null],
        ["sms", 30, other],
      ],
    ],
    [
      "the record lies with the first step's recipient",
      { workflow: [{ channel: "sms", to: other }, { channel: "sms" }] },
      profile({ mixedProofs: true }),
      defaults(),
      [
        ["sms", 30, null],
        ["sms", 30, phone],
      ],
    ],
    [
      "the address of an e-mail after a phone",
      { workflow: [{ channel: "missed_call" }, { channel: "email", to: address }] },
      profile({ mixedProofs: true }),
      defaults(),
      [
        ["missed_call", 30, null],
        ["email", 30, address],
      ],
    ],
  ])("%s", (_, request, app, own, expected) => {
    expect(planned(request, app, own)).toEqual(expected);
  });
});

describe("refused", () => {
  it.each<[string, Partial<StartRequest>, AppProfile, RegExp]>([
    [
      "channel and workflow at once",
      { channel: "sms", workflow: [{ channel: "sms" }] },
      profile(),
      /^invalid_request: Give either/,
    ],
    ["a channel that is not configured", { channel: "whatsapp" }, profile(), /^not_supported: .*whatsapp/],
    [
      "a step of a workflow that is not configured",
      { workflow: [{ channel: "sms" }, { channel: "whatsapp" }] },
      profile(),
      /^not_supported: .*whatsapp/,
    ],
    [
      "a channel that the app may not use",
      { channel: "sms" },
      profile({ channels: ["voice"] }),
      /^forbidden: Channel sms/,
    ],
    [
      "a later step that the app may not use",
      { workflow: [{ channel: "voice" }, { channel: "sms" }] },
      profile({ channels: ["voice"] }),
      /^forbidden: Channel sms/,
    ],
    ["no channel is left for the app", {}, profile({ channels: ["whatsapp"] }), /^not_supported: No channel/],
    [
      "several recipients",
      { workflow: [{ channel: "sms" }, { channel: "sms", to: other }] },
      profile(),
      /^forbidden: .*mixed_proofs/,
    ],
    [
      "different proofs",
      { workflow: [{ channel: "sms" }, { channel: "email", to: address }] },
      profile(),
      /^forbidden: .*mixed_proofs/,
    ],
    [
      "another recipient for a channel whose codes are its own",
      { workflow: [{ channel: "sms" }, { channel: "missed_call", to: other }] },
      profile({ mixedProofs: true }),
      /^not_supported: A step by missed_call needs the same/,
    ],
    [
      "a recipient that the step's channel cannot read",
      { workflow: [{ channel: "sms" }, { channel: "email" }] },
      profile({ mixedProofs: true }),
      /^number_invalid: email/,
    ],
    [
      "a wait that leaves the next step less than a minute after the channel's set-up",
      { workflow: [{ channel: "voice", waitMs: 176_000 }, { channel: "sms" }] },
      profile(),
      /^invalid_request: .*step 1 \(voice\) waits 176 s; at most 175 s/,
    ],
  ])("%s", (_, request, app, expected) => {
    expect(planned(request, app)).toMatch(expected);
  });

  it("the last step's wait leads to nothing, so it may be long", () => {
    expect(planned({ workflow: [{ channel: "sms" }, { channel: "voice", waitMs: 290_000 }] })).toHaveLength(2);
  });
});

describe("calls and code_length", () => {
  const shapes = (request: Partial<StartRequest>) =>
    planOf({ to: phone, ...request }, profile(), channels, defaults(), (_, to) => ({ to, country: "GB" }) as never).map(
      ({ channel, calls, codeLength }) => [channel, calls, codeLength],
    );

  it("a channel alone gets what was asked for, and refuses it where it has none", () => {
    expect(shapes({ channel: "sms", calls: 2, codeLength: 8 })).toEqual([["sms", 2, 8]]);
  });

  it("in a workflow each step gets what it can have", () => {
    const workflow = [{ channel: "missed_call" }, { channel: "sms" }, { channel: "call_in" }];
    expect(shapes({ workflow, calls: 2, codeLength: 8 })).toEqual([
      ["missed_call", 2, 8],
      ["sms", null, 8],
      ["call_in", null, null],
    ]);
  });
});

describe("configured workflows, for the operator", () => {
  it("names channels that are not configured, and waits that a channel's set-up makes too long", () => {
    const named = {
      "verification.workflow": steps("missed_call", "whatsapp", "smss"),
      "apps.shop.workflow": [{ channel: "voice", waitMs: 176_000 }, ...steps("sms")],
    };
    expect(workflowProblems(named, defaults({ firstChannel: { GB: "pigeon" } }), channels)).toEqual([
      expect.stringMatching(/^verification\.first_channel\.GB: pigeon → expected a channel that is configured/),
      expect.stringMatching(/^verification\.workflow\[1\]: whatsapp → /),
      expect.stringMatching(/^verification\.workflow\[2\]: smss → .*did you mean sms/),
      expect.stringMatching(/^apps\.shop\.workflow\[0\]: a wait above 175 s/),
    ]);
  });
});

describe("a profile's bounds", () => {
  const shape = (request: Partial<StartRequest>, app: AppProfile) =>
    planOf({ to: phone, ...request }, app, channels, defaults(), (_open, to) => {
      return { to, country: "GB", callee: { hash: to, shard: "00" } } as never;
    }).map(({ channel, codeLength }) => [channel, codeLength]);

  it("give sent and spoken codes their length, and let a request have longer ones alone", () => {
    const app = profile({ codeLength: 8 });
    expect(shape({ channel: "sms" }, app)).toEqual([["sms", 8]]);
    expect(shape({ channel: "sms", codeLength: 9 }, app)).toEqual([["sms", 9]]);
    expect(shape({ channel: "missed_call" }, app)).toEqual([["missed_call", null]]);
    expect(shape({ workflow: [{ channel: "missed_call" }, { channel: "voice" }] }, app)).toEqual([
      ["missed_call", null],
      ["voice", 8],
    ]);
    expect(planned({ channel: "sms", codeLength: 7 }, app)).toMatch(
      /^invalid_request: .*at least 8 digits \(apps\.<name>\.code_length\)/,
    );
    expect(planned({ channel: "sms", code: "123456" }, app)).toMatch(/^invalid_request: `code`: .*at least 8/);
  });

  it("give waits the app's own lifetime", () => {
    const request = { workflow: [{ channel: "sms", waitMs: 60_000 }, { channel: "voice" }] };
    expect(planned(request)).toHaveLength(2);
    expect(planned(request, profile({ ttlMs: 120_000 }))).toMatch(/^invalid_request: .*at most 40 s/);
  });
});
