/** Sends the messages of one channel: reserves at the provider, writes the text, submits once, stores what became of it. */

import { createDeadlines } from "../../shared/deadlines.ts";
import type {
  ChannelCore,
  CodeOffer,
  DeliveryOrder,
  Reservation,
  SimulationAsk,
} from "../../verification/channel-port.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import type { Simulation } from "../../verification/simulated/simulation.ts";
import type { BeginAnswer, ScriptArgs } from "../../verification/store-port.ts";
import { newestOf, type Verification } from "../../verification/types.ts";
import type { MessageChannelSpec, MessageReport, MessageReservation, MessageResult } from "./provider-port.ts";
import { type Keep, type Receipts, submitted, updateOf } from "./receipts.ts";
import { previewOf, simulateMessage, testPreview } from "./simulate.ts";
import type { ChosenText, Texts } from "./texts.ts";
import { createWork } from "./work.ts";

/** After the provider's own limit: its answer has to pass through a busy event loop. */
const submitMarginMs = 1000;
/** After that: the report has to reach the store. Later the delivery counts as lost. */
const storeMarginMs = 5000;
const minuteMs = 60_000;

export interface Sender {
  reserve(order: DeliveryOrder): Promise<Reservation>;
  /** The most that the order may cost; null: no price is configured. */
  estimate(order: DeliveryOrder): number | null;
  /** Where the provider has a preview. @throws {Refusal} */
  simulate(ask: SimulationAsk): Simulation;
  /** Resolves when no submit waits for its answer, at the latest after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all reports so far are stored. */
  settled(): Promise<void>;
}

type SubmitAnswer = Awaited<ReturnType<MessageReservation["submit"]>>;

/** A message that is to be submitted. */
interface Prepared {
  readonly order: DeliveryOrder;
  readonly text: ChosenText;
  readonly code: string;
  readonly reservation: MessageReservation;
}

export function createSender(options: {
  readonly spec: MessageChannelSpec;
  readonly texts: Texts;
  readonly core: ChannelCore;
  readonly receipts: Receipts;
  readonly keep: Keep;
}): Sender {
  const { spec, texts, core, receipts, keep } = options;
  const { provider } = spec;
  const { clock, logger } = core;
  const submitMs = provider.submitLimitMs + submitMarginMs;
  const deadlines = createDeadlines(clock, submitMs);
  /** Bounded by the provider's reservations. */
  const submits = createWork(core.batchTimer);
  /** Reports on their way to the store; bounded by the submits and by the retries of a report. */
  const reports = createWork(core.batchTimer);

  const textOf = ({ app, locale, country }: DeliveryOrder) =>
    texts.choose({ app: app.name, channel: spec.name, form: spec.form, locale, country });

  /** Never rejects. A submit whose answer is lost is not repeated: it may have been sent. */
  async function submit(verification: Verification, { order, text, code, reservation }: Prepared) {
    const { id, attempts } = verification;
    const minutes = Math.max(1, Math.floor(leftMs(verification) / minuteMs));
    const message = {
      ...{ deliveryId: attemptIdOf(id, attempts), app: order.app.name, to: order.to, country: order.country },
      ...{ ...text.write(code, minutes), code, locale: text.locale, appName: text.appName, minutes },
    };
    let cancel = () => {};
    try {
      const answer = await new Promise<SubmitAnswer | null>((resolve, reject) => {
        cancel = deadlines.begin(() => resolve(null));
        reservation.submit(message).then(resolve, reject);
      });
      if (answer !== null) return answer;
      logger.warn({ id }, "the provider did not answer in time; the message may have been sent");
    } catch (error) {
      // Its text may hold the message.
      logger.error({ id, why: error instanceof Error ? error.name : "unknown" }, "the provider's submit threw");
    } finally {
      cancel();
    }
    return unanswered;
  }

  async function send(verification: Verification, prepared: Prepared): Promise<void> {
    const { report: answered, receiptId } = await submit(verification, prepared);
    const report = submitted(answered, prepared.reservation.cost);
    const { id, app, attempts: attempt } = verification;
    const { number } = newestOf(verification);
    const outcome = report.state === "failed" ? report.reason : report.state;
    logger.info({ id, app, delivery: number, outcome }, "message submitted");
    const progress = core.progressOf(verification, () => undefined);
    reports.write(progress, updateOf(report, keep));
    const stored = async () => {
      // At once: of two receipts the first one counts.
      const early = receiptId === null ? null : await receipts.remember(receiptId, { app, id, attempt });
      // Of updates that wait the last one alone is stored: it says too which way the message went.
      if (early !== null) reports.write(progress, updateOf(withResult(early, report.result), keep));
      await progress.settled();
    };
    void reports.track(stored());
  }

  return {
    estimate(order) {
      if (provider.priceOf === undefined) return null;
      return provider.priceOf(order.to, textOf(order).sample(core.codes.lengthOf(order)));
    },

    async reserve(order) {
      const { app, to, country } = order;
      const text = textOf(order);
      const offer = core.codes.offer(order);
      const sample = text.sample(offer.length);
      const reservation = await provider.reserve({ app: app.name, to, country, text: sample, locale: text.locale });
      return reservationOf({ order, text, offer, reservation });
    },

    simulate(ask) {
      const { app, to, country } = ask.order;
      const text = textOf(ask.order);
      const digits = ask.codeLength ?? core.codes.offer(ask.order).length;
      const sample = text.sample(digits);
      const order = { app: app.name, to, country, text: sample, locale: text.locale };
      const preview = ask.kind === "test" ? testPreview(spec, order) : previewOf(spec, order);
      const shown = keep({ ...preview.details, cost: preview.cost, locale: text.locale });
      return simulateMessage(ask, preview, shown, submitMs + storeMarginMs);
    },

    async drain(graceMs) {
      let stopTimer = () => {};
      const over = new Promise<void>((resolve) => {
        stopTimer = clock.after(graceMs, resolve);
      });
      await Promise.race([submits.settled(), over]);
      stopTimer();
    },

    settled: reports.settled,
  };

  function reservationOf(parts: Omit<Prepared, "code"> & { readonly offer: CodeOffer }): Reservation {
    const { order, text, offer, reservation } = parts;
    const { details } = reservation;
    let code: string | null = null;
    return {
      cost: reservation.cost,
      async begin(start: (args: ScriptArgs) => Promise<BeginAnswer>) {
        const shown = JSON.stringify(keep({ ...details, cost: reservation.cost, locale: text.locale }));
        const answer = await start([...offer.args, shown, submitMs + storeMarginMs]);
        if (answer.kind === "begun") code = offer.code(answer.choice);
        return answer;
      },
      commit(verification) {
        if (code === null) throw new Error("a message is sent only after it was begun");
        void submits.track(send(verification, { order, text, code, reservation }));
      },
      release: () => reservation.release(),
    };
  }
}

/** It may have been sent, so its receipt, if one comes, belongs to nothing. */
const unanswered: SubmitAnswer = {
  report: { state: "failed", reason: "unknown_result" },
  receiptId: null,
};

function withResult(report: MessageReport, before: MessageResult | undefined): MessageReport {
  return before === undefined ? report : { ...report, result: { ...before, ...report.result } };
}

/** How long the code is accepted, by the store's clock. */
function leftMs(verification: Verification): number {
  const { details, startedAtMs } = newestOf(verification);
  return (details as { readonly until: number }).until - startedAtMs;
}
