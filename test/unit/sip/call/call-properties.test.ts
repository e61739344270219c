/** Whatever happens to a call in whatever order: over our transaction layer, over UDP and TCP. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SipCall } from "../../../../src/sip/call/port.ts";
import { headerOf, type SipRequestMessage } from "../../../../src/sip/message.ts";
import { CallSetting, credentials, type Sent, settle, target } from "./call-setting.ts";

type Happening =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly tag: string;
      readonly reliable: boolean;
      readonly to: number;
    }
  | { readonly kind: "other_reply"; readonly status: number; readonly to: number }
  | { readonly kind: "request"; readonly method: string; readonly tag: string }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "hang_up" | "lose" | "settle" };

const tag = fc.constantFrom("a", "b", "c");
const provisional = fc.constantFrom(100, 180, 181, 182, 183, 199);
const final = fc.constantFrom(200, 200, 302, 401, 407, 486, 487, 500, 503, 603);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: reply(provisional) },
  { weight: 3, arbitrary: reply(final) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("other_reply" as const), status: final, to: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("request" as const),
      method: fc.constantFrom("BYE", "UPDATE", "INVITE", "ACK"),
      tag,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 600, 5000, 33_000, 70_000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("hang_up" as const, "lose", "settle") }) },
);

function reply(status: fc.Arbitrary<number>) {
  return fc.record({ kind: fc.constant("reply" as const), status, tag, reliable: fc.boolean(), to: fc.nat(1) });
}

interface Plan {
  readonly protocol: "udp" | "tcp";
  readonly connects: boolean;
  readonly hangsUpAt: string;
  readonly happenings: readonly Happening[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  protocol: fc.constantFrom("udp", "tcp"),
  connects: fc.boolean(),
  hangsUpAt: fc.constantFrom("", "sent", "alerting", "progress", "answered"),
  happenings: fc.array(happening, { maxLength: 14 }),
});

/** What the far end knows of one INVITE. */
interface Story {
  readonly sent: Sent;
  final: number | null;
  rang: boolean;
  provisional: boolean;
}

const branchOf = (request: SipRequestMessage) => /branch=(\w+)/.exec(headerOf(request, "via") ?? "")?.[1] ?? "";

async function run({ protocol, connects, hangsUpAt, happenings }: Plan) {
  const targets = [target(5060, protocol), target(5070, protocol)];
  const setting = new CallSetting({
    targets,
    ...(connects ? { connects: (to) => setting.newFlow(to) } : {}),
  });
  const stories = new Map<string, Story>();
  const observe = () => {
    for (const sent of setting.of("INVITE")) {
      const branch = branchOf(sent.request);
      if (stories.has(branch)) continue;
      for (const other of stories.values()) {
        expect(other.final, "an INVITE while another is alive").not.toBeNull();
        expect(other.rang, "an INVITE after a phone may have rung").toBe(false);
      }
      stories.set(branch, { sent, final: null, rang: false, provisional: false });
    }
  };
  let placed: SipCall | null = null;
  const live = setting.place({ credentials, limitMs: 60_000 }, (what) => {
    // `sent` comes while the call is being placed.
    if (what === hangsUpAt && what !== "sent") placed?.hangUp();
  });
  placed = live;
  if (hangsUpAt === "sent") live.hangUp();
  await settle();
  observe();
  const answers: string[] = [];
  for (const one of happenings) {
    const before = setting.clock.nowMs();
    if (one.kind === "reply") {
      const invites = setting.of("INVITE");
      const to = invites.at(-1 - Math.min(one.to, invites.length - 1));
      if (to === undefined) continue;
      const story = stories.get(branchOf(to.request));
      const reliable = one.reliable && one.status > 100 && one.status < 200 ? ["Require: 100rel", "RSeq: 1"] : [];
      const challenge = one.status === 401 ? ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'] : [];
      // A flow that is closed delivers nothing.
      if (!to.flow.open) continue;
      if (story !== undefined && story.final === null) {
        if (one.status >= 200) story.final = one.status;
        else {
          // After Timer B no CANCEL can be made any more; Expires bounds that call.
          story.provisional ||= setting.ended === 0;
          story.rang ||= one.status > 100;
        }
      }
      setting.reply(`${one.status} X`, { tag: one.tag, headers: [...reliable, ...challenge] }, to);
      if (one.status === 200) answers.push(one.tag);
    } else if (one.kind === "other_reply") {
      const others = setting.sent.filter(({ request }) => !["INVITE", "ACK"].includes(request.method));
      const to = others.at(-1 - one.to);
      if (to?.flow.open) setting.reply(`${one.status} X`, {}, to);
    } else if (one.kind === "request") {
      if (setting.of("INVITE").length > 0 && setting.last("INVITE").flow.open) {
        setting.request(one.method, { tag: one.tag, cseq: 1 + (before % 1000) });
      }
    } else if (one.kind === "wait") setting.clock.pass(one.ms);
    else if (one.kind === "hang_up") {
      live.hangUp();
    } else if (one.kind === "lose") {
      const flow = setting.flows.at(-1);
      if (flow?.open && flow.reliable) setting.lose(flow);
    } else await settle();
    observe();
  }
  await settle();
  observe();
  for (let one = 0; one < 6; one++) {
    setting.clock.pass(40_000);
    await settle();
    observe();
  }
  const losses = happenings.filter(({ kind }) => kind === "lose").length;
  return { setting, stories: [...stories.values()], answers, losses };
}

describe("any call", () => {
  it("ends once; rings no phone twice; leaves none ringing or answered; keeps nothing", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (made) => {
        const { setting, stories, answers, losses } = await run(made);
        expect(setting.errors).toEqual([]);
        expect(setting.ended, "ends once").toBe(1);
        expect(setting.reports.at(-1)).toBe("ended");
        expect(new Set(setting.reports).size, "each report once").toBe(setting.reports.length);
        const last = stories.at(-1);
        // Three attempts are made.
        if (last !== undefined && last.final === null && last.provisional && losses <= 2) {
          const branch = branchOf(last.sent.request);
          const cancels = setting.of("CANCEL").filter(({ request }) => branchOf(request) === branch);
          expect(cancels.length, "CANCEL where a phone may ring").toBeGreaterThan(0);
        }
        for (const tag of answers) {
          for (const method of ["ACK", "BYE"]) {
            const sent = setting.of(method).filter(({ request }) => headerOf(request, "to")?.endsWith(`;tag=${tag}`));
            expect(sent.length, `${method} of a 2xx`).toBeGreaterThan(0);
          }
        }
        expect(
          setting
            .of("CANCEL")
            .every(({ request }) => stories.some((one) => branchOf(one.sent.request) === branchOf(request))),
        ).toBe(true);
        expect(setting.caller.calls).toBe(0);
        expect(setting.transactions.size).toBe(0);
        expect(setting.clock.pending).toBe(0);
        const { ending } = setting;
        if (ending?.missing === null) expect(ending.evidence.over).toBe(true);
        if (ending?.missing === "timeout" || ending?.missing === "transport") expect(ending.evidence.over).toBe(false);
      }),
      { numRuns: Number(process.env.SIP_CALL_RUNS ?? 200) },
    );
  });
});
