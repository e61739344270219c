/** The app's approval as the composition root takes it: a rule of the guard, asked last, before a delivery costs money. */
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { AppApprovalConfig } from "../apps/approval-config.ts";
import type { GuardRule, Verdict } from "../guard/rule.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { LatestMap } from "../shared/latest-map.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import type { GuardAsk } from "../verification/guard-port.ts";
import { deliveryDenied } from "../verification/refusals.ts";
import { type Asked, type Asker, createAsker } from "./asker.ts";
import { approvalSecrets } from "./secret.ts";

/** Answers to starts that are remembered: a start whose first channel is refused goes on to the next one, and asks once. */
const mostRemembered = 2000;
/** Longer than one start takes: a request that is sent again later, with its Idempotency-Key, is asked about again. */
const rememberedMs = 10_000;
const retryAfterMs = 2000;
/** At most one line for each app in this time. */
const logEveryMs = 10_000;

export interface Approval {
  readonly rule: GuardRule;
  /** Ends what is in progress. */
  stop(): void;
}

interface Known {
  config: AppApprovalConfig;
  readonly asker: Asker;
  loggedAtMs: number;
}

export function createApproval(parts: {
  /** The app's webhook as it is configured now; null: it has none. */
  readonly approvalOf: (app: string) => AppApprovalConfig | null;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** `webhooks.allow_private` */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "warn">;
}): Approval {
  const { approvalOf, hmacKey, allowPrivate, clock, random, logger } = parts;
  const steady = steadyClock(clock);
  /** One for each app that has one: bounded by the apps. */
  const askers = new Map<string, Known>();
  const answers = new LatestMap<string, { readonly asked: Promise<Asked>; readonly untilMs: number }>(mostRemembered);

  function knownOf(app: string, config: AppApprovalConfig): Known {
    const known = askers.get(app);
    // Another object after a reload or a change by the API, also of something else: questions in progress go on.
    if (known !== undefined && (known.config === config || isDeepStrictEqual(known.config, config))) {
      known.config = config;
      return known;
    }
    known?.asker.retire();
    const secrets = approvalSecrets(hmacKey, app, config.secret_version);
    const { url, timeout_ms: timeoutMs, max_concurrent: maxConcurrent } = config;
    const asker = createAsker({ url, timeoutMs, maxConcurrent, secrets, allowPrivate }, clock, random);
    const created = { config, asker, loggedAtMs: Number.NEGATIVE_INFINITY };
    askers.set(app, created);
    return created;
  }

  function ask(known: Known, question: GuardAsk): Promise<Asked> {
    const { verificationId, mode } = question;
    if (mode !== "new") {
      const id = `apr_${verificationId}_${random.bytes(6).toString("base64url")}`;
      return known.asker.ask(id, bodyOf(question, clock.nowMs()));
    }
    const nowMs = steady.nowMs();
    const remembered = answers.get(verificationId);
    if (remembered !== undefined && nowMs < remembered.untilMs) return remembered.asked;
    const asked = known.asker.ask(`apr_${verificationId}`, bodyOf(question, clock.nowMs()));
    answers.set(verificationId, { asked, untilMs: nowMs + rememberedMs });
    return asked;
  }

  function withoutAnswer(known: Known, app: string, why: string): Verdict | null {
    const { on_failure: onFailure } = known.config;
    if (steady.nowMs() - known.loggedAtMs >= logEveryMs) {
      known.loggedAtMs = steady.nowMs();
      logger.warn({ app, why, onFailure }, "an app's approval webhook did not answer");
    }
    if (onFailure === "allow") return null;
    const detail = "The app's approval webhook did not answer, and nothing is delivered without it.";
    const refusal = new Refusal("approval_unavailable", detail, retryAfterMs);
    return { kind: "deny", refusal, note: `no answer (${why})` };
  }

  return {
    rule: {
      name: "approval",
      binding: "always",
      async judge(question) {
        const { app, mode, contacts, test, planned } = question;
        // A step was approved with its start; a call that the person places, and a test number's delivery, cost nothing.
        if (mode === "step" || !contacts || test) return null;
        const config = approvalOf(app);
        if (config === null) return null;
        const known = knownOf(app, config);
        const answer = await ask(known, question);
        if (answer.action === "none") return withoutAnswer(known, app, answer.why);
        if (answer.action === "deny") return { kind: "deny", refusal: deliveryDenied(), note: "denied by the app" };
        if (answer.channels === null) return null;
        const channels = planned.filter((channel) => answer.channels?.includes(channel));
        if (channels.length > 0) return { kind: "narrow", channels };
        return { kind: "deny", refusal: deliveryDenied(), note: "narrowed to none of its channels" };
      },
    },
    stop() {
      for (const { asker } of askers.values()) asker.close();
    },
  };
}

/** As docs/approval.md shows it. */
function bodyOf(question: GuardAsk, nowMs: number): string {
  const { verificationId: verification, mode, to, country, channel, planned, cost, reference } = question;
  const data = { verification, begins: mode === "new" ? "start" : "resend", to, country, channel, workflow: planned };
  return JSON.stringify({
    type: "delivery.approval",
    timestamp: new Date(nowMs).toISOString(),
    data: { ...data, cost, reference },
  });
}
