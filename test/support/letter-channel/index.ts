/** Made-up message channels: letters of which the test decides what becomes. Their codes are derived by the core. */
import { Type } from "typebox";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { ChannelModule, DeliveryMachine, DeliveryOrder } from "../../../src/verification/channel-port.ts";
import type { ProgressWriter } from "../../../src/verification/progress-writer.ts";
import type { ProofKind } from "../../../src/verification/types.ts";

export const letterMachine: DeliveryMachine = {
  states: { queued: "sending", sent: "delivered", delivered: "delivered", failed: "undelivered" },
  initial: "queued",
  transitions: {
    sent: { queued: "sent" },
    delivered: { queued: "delivered", sent: "delivered" },
    undelivered: { queued: "failed", sent: "failed" },
    lost: { queued: "failed" },
  },
  busy: ["queued"],
  waiting: [],
  final: ["delivered", "failed"],
  beforeLastPart: {},
};

/** One letter that was posted. */
export interface Letter {
  readonly verification: string;
  readonly to: string;
  readonly code: string;
  readonly order: DeliveryOrder;
  /** What became of it. Resolves when that is stored. */
  becomes(event: "sent" | "delivered" | "undelivered", reason?: string): Promise<void>;
}

export interface Letters extends ChannelModule {
  readonly posted: readonly Letter[];
  /** From now on it is down, or refuses for this reason; null: it delivers. */
  fails(how: "down" | "capacity" | null): void;
}

export function letterChannel(
  name: string,
  options: {
    readonly proves?: ProofKind;
    readonly costs?: boolean;
    readonly cost?: number;
    readonly setupLimitMs?: number;
  } = {},
): Letters {
  const { proves = "phone", costs = false, cost = null, setupLimitMs = 10_000 } = options;
  const posted: Letter[] = [];
  const writers = new Set<ProgressWriter>();
  let failing: "down" | "capacity" | null = null;
  return {
    posted,
    fails: (how) => {
      failing = how;
    },
    ...{ name, proves, enabled: true, codes: "derived", setupLimitMs, costs, machine: letterMachine },
    scripts: { start: new URL("lua/start.lua", import.meta.url) },
    schema: Type.Object({ stamp: Type.String({ description: `What is on the stamp of a ${name}.` }) }),
    ...(proves !== "phone" && {
      readRecipient: (text) =>
        text.includes("@") ? { to: text.trim().toLowerCase() } : { problem: "it must be an address." },
    }),
    open: (core) => ({
      accept({ calls }) {
        if (calls !== null) throw new Refusal("invalid_request", `calls is not allowed with channel ${name}`);
      },
      estimate: () => cost,
      async reserve(order) {
        if (failing === "capacity") throw new Refusal("capacity", "no stamps are left", 1000);
        const offer = core.codes.offer(order);
        let code = "";
        return {
          cost,
          async begin(start) {
            const answer = await start([...offer.args, JSON.stringify({ stamp: "lion" }), setupLimitMs]);
            if (answer.kind === "begun") code = offer.code(answer.choice);
            return answer;
          },
          commit(verification) {
            const progress = core.progressOf(verification, () => undefined);
            writers.add(progress);
            posted.push({
              ...{ verification: verification.id, to: order.to, code, order },
              async becomes(event, reason) {
                progress.write({ event, reason: reason ?? null });
                core.batchTimer.flush();
                await progress.settled();
              },
            });
          },
          release: () => undefined,
        };
      },
      refusal: (why) => new Refusal("capacity", `no letter: ${why}`),
      health: () => ({ up: failing !== "down", detail: failing ?? "open" }),
      describe: ({ details }) => details as { readonly stamp: string },
      stop: () => undefined,
      drain: async () => undefined,
      async settled() {
        core.batchTimer.flush();
        await Promise.all([...writers].map((writer) => writer.settled()));
      },
    }),
  };
}
