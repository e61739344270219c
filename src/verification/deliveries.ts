/** Begins deliveries: the first of a new verification and every other one by the same steps. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Refusal } from "../shared/refusal.ts";
import { refuseOutOfBounds } from "./bounds.ts";
import type { DeliveryOrder, Reservation } from "./channel-port.ts";
import type { OpenChannel } from "./channel-set.ts";
import type { Endings } from "./endings.ts";
import type { VerificationEvents } from "./events.ts";
import type { Guard, GuardAsk, GuardDecision } from "./guard-port.ts";
import { createRecentRefusals } from "./recent-refusals.ts";
import {
  channelDown,
  clientGone,
  codeTooOld,
  deliveryDenied,
  ended,
  limited,
  notFound,
  staleStep,
} from "./refusals.ts";
import type { Share, Shares } from "./shares.ts";
import type { SimulatedDeliveries } from "./simulated/index.ts";
import type { Scenario } from "./simulated/reservation.ts";
import type { BeginAnswer, BeginDelivery, NotBegun, PlannedWorkflow, VerificationStore } from "./store-port.ts";
import { type ClientIsGone, type ClientRef, newestOf, type Verification } from "./types.ts";
import type { RecipientRef } from "./workflow.ts";

/** A delivery to begin, with the data of a new verification. */
export interface BeginRequest {
  readonly mode: BeginDelivery["mode"];
  readonly order: DeliveryOrder;
  /** The verification's own recipient, where the order has another one; null: the order's. */
  readonly of: RecipientRef | null;
  /** Of a new verification: its workflow and codes; null where it has nothing of them. */
  readonly workflow: PlannedWorkflow | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly session: string | null;
  /** The person's client, of the verification's start. */
  readonly client: ClientRef | null;
  /** As of `GuardAsk`. */
  readonly mayReorder: boolean;
  readonly override: readonly string[];
  /** How it is simulated; null: it is real. */
  readonly scenario: Scenario | null;
  readonly clientIsGone: ClientIsGone;
}

/** Thrown where the guard has a start begin with another channel of its plan. */
export class BeginWith extends Error {
  readonly channel: string;

  constructor(channel: string) {
    super(`the start begins with ${channel}`);
    this.channel = channel;
  }
}

export interface Deliveries {
  /** @throws {Refusal} where no delivery was begun @throws {BeginWith} only where the request's `mayReorder` is set */
  begin(channel: OpenChannel, request: BeginRequest): Promise<Verification>;
}

export function createDeliveries(options: {
  readonly store: VerificationStore;
  readonly endings: Endings;
  readonly shares: Shares;
  readonly guard: Guard;
  readonly simulated: Pick<SimulatedDeliveries, "reserve" | "measure" | "measured" | "begun">;
  readonly publish: Publish<VerificationEvents>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Deliveries {
  const { store, endings, shares, guard, simulated, publish, clock, logger } = options;
  const recentRefusals = createRecentRefusals(clock);

  /**
   * A delivery's resource (a channel slot) is reserved before the request to the store, so that no delivery is begun that
   * cannot be executed. A callee that was just refused is checked first: its further refusals take no slot from others.
   */
  async function lookFirst(channel: OpenChannel, order: DeliveryOrder): Promise<BeginAnswer | null> {
    // A step does not wait for the interval that the look would report.
    const attempts = order.step === null || order.step === 0 ? channel.attemptsOf?.(order) : undefined;
    if (attempts === undefined || !recentRefusals.has(order.callee.hash)) return null;
    const found = await store.limitOn(order.app.name, order.callee, attempts);
    return found && { kind: "limited", ...found };
  }

  /** Another callee's limits lie elsewhere; null: the verification's own, which the start script holds. */
  async function shareOf(channel: OpenChannel, { order, of, mode }: BeginRequest): Promise<Share | null> {
    if (of === null) return null;
    const { app, callee, verificationId: id } = order;
    const share = { app: app.name, callee, id, channel: channel.name };
    const { setupLimitMs } = channel;
    return shares.reserve(share, { rings: channel.attemptsOf !== undefined, setupLimitMs }, mode === "step");
  }

  /** How long a real one takes is noted: a shadow answer takes as long. A simulated one reserves nothing; its states are then looked for in time, by this gateway or another. */
  async function reserve(channel: OpenChannel, order: DeliveryOrder, scenario: Scenario | null): Promise<Reservation> {
    if (scenario === null) return simulated.measured(channel, await simulated.measure(channel, channel.reserve(order)));
    const reservation = await simulated.reserve(channel, order, scenario);
    return { ...reservation, commit: ({ id }) => simulated.begun(id, reservation) };
  }

  async function tryToBegin(
    channel: OpenChannel,
    request: BeginRequest,
    { decision, counted, channels, scenario }: Allowed,
  ): Promise<BeginAnswer> {
    const { of } = request;
    const order: DeliveryOrder = of === null ? request.order : { ...request.order, elsewhere: true };
    const { app, verificationId: id, callee, to, country, step, bounds, network = null } = order;
    const { mode, reference, metadata, session } = request;
    const workflow = narrowed(request.workflow, step, channels);
    const share = scenario === null ? await shareOf(channel, request) : null;
    const reservation = await reserve(channel, order, scenario).catch((error: unknown) => {
      share?.refused();
      throw error;
    });
    const delivery: BeginDelivery = {
      ...{ mode, app: app.name, id, channel: channel.name, reference, metadata, session, workflow, step },
      ...(of ?? { callee, to, country }),
      cost: reservation.cost ?? null,
      ...(bounds !== undefined && { bounds }),
      ...(network !== null && network.source !== "original" && { network }),
      simulated: scenario?.kind ?? null,
      recipient: of === null ? null : { to, callee },
      client: mode === "new" ? request.client : null,
      // What costs nothing and was decided by no rule, as nearly all, is not kept.
      guard: decision === null && !counted?.costMicros ? null : { decision, micros: counted?.costMicros || null },
    };
    let answer: BeginAnswer | null = null;
    try {
      if (request.clientIsGone()) throw clientGone;
      answer = await reservation.begin((args) => store.begin(delivery, args));
      return answer;
    } finally {
      if (answer?.kind === "begun") {
        share?.begun(newestOf(answer.verification).number);
        reservation.commit(answer.verification);
      } else {
        share?.refused();
        reservation.release();
      }
    }
  }

  function refusalOf(channel: OpenChannel, answer: NotBegun): Refusal {
    switch (answer.kind) {
      case "ended":
        return ended(endings.seen(answer).status);
      case "limited":
        return limited(answer.limit, answer.retryAfterMs);
      case "stale":
        return staleStep;
      case "code_too_old":
        return codeTooOld();
      case "refused":
        return channel.refusal(answer.why, answer.figure);
      case "not_found":
        return notFound();
    }
  }

  /** The one place at which the guard decides. @throws {Refusal} where the delivery is not to begin */
  async function passGuard(channel: OpenChannel, ask: GuardAsk): Promise<Allowed> {
    const decided = await guard.decide(ask);
    if (decided.kind === "shadow" && channel.simulate !== undefined) {
      const { decision } = decided;
      return { decision, counted: null, scenario: { kind: "shadow", decision } };
    }
    if (decided.kind === "begin_with") throw new BeginWith(decided.channel);
    if (decided.kind !== "allow") throw decided.refusal;
    const { channels, counted } = decided;
    if (channels === undefined || channels.includes(ask.channel)) return { ...decided, scenario: null };
    if (counted !== null) guard.notBegun(ask, counted);
    throw deliveryDenied();
  }

  /** Looks at the callee's limits, passes the guard, begins; once more with a stronger code where that helps. */
  async function tryAll(channel: OpenChannel, request: BeginRequest): Promise<BeginAnswer> {
    const { order, scenario } = request;
    const ask = askOf(channel, request);
    const state: { allowed: Allowed | null; begun: boolean } = { allowed: simulatedFrom(scenario), begun: false };
    try {
      const tried = async (one: DeliveryOrder) => {
        // What is simulated counts apart from what the callee's limits count.
        let answer = scenario === null ? await lookFirst(channel, one) : null;
        if (answer === null) {
          const allowed = state.allowed ?? (await passGuard(channel, ask));
          state.allowed = allowed;
          answer = await tryToBegin(channel, { ...request, order: one }, allowed);
        }
        if (answer.kind === "limited" && !state.allowed?.scenario) {
          recentRefusals.add(order.callee.hash, answer.retryAfterMs);
        }
        state.begun = answer.kind === "begun";
        return answer;
      };
      const answer = await tried(order);
      // A fixed code has no more bits by a second call.
      const stronger = scenario?.kind === "test" ? null : (channel.strengthen?.(order) ?? null);
      if (answer.kind !== "limited" || answer.limit !== "wrong_checks" || stronger === null) return answer;
      return await tried(stronger);
    } finally {
      const counted = state.allowed?.counted ?? null;
      if (!state.begun && counted !== null) guard.notBegun(ask, counted);
    }
  }

  return {
    async begin(channel, request) {
      const { mode, order, scenario } = request;
      // A test number needs nothing that could be down, and disturbs nobody at any hour.
      if (scenario?.kind !== "test") {
        if (channel.health?.().up === false) throw channelDown(channel.name);
        refuseOutOfBounds(order, channel.attemptsOf !== undefined, clock.nowMs());
      }
      const answer = await tryAll(channel, request);
      if (answer.kind === "exists") return endings.seen(answer);
      if (answer.kind !== "begun") throw refusalOf(channel, answer);

      const { verification } = answer;
      const { id, app, country, status, seq } = verification;
      const { number, channel: name, state } = newestOf(verification);
      const mark = verification.simulated === null ? {} : { simulated: verification.simulated };
      if (mode === "new") {
        publish("verification.started", { verification: id, channel: name, country, state, ...mark }, { app, seq });
        logger.info({ id, app, country, channel: name, ...mark }, "verification started");
      } else {
        publish("delivery.updated", { verification: id, status, channel: name, state, ...mark }, { app, seq });
        logger.info({ id, app, country, channel: name, delivery: number, mode, ...mark }, "another delivery started");
      }
      return verification;
    },
  };
}

/** What may begin. */
interface Allowed extends Pick<GuardDecision & { readonly kind: "allow" }, "decision" | "counted" | "channels"> {
  /** How it is simulated; null: it is real. */
  readonly scenario: Scenario | null;
}

/** A test number, and a verification that has had the shadow answer: nothing is decided anew. */
function simulatedFrom(scenario: Scenario | null): Allowed | null {
  if (scenario === null) return null;
  return { decision: scenario.kind === "shadow" ? scenario.decision : null, counted: null, scenario };
}

/** Of the steps that follow only those by permitted channels; the ones before have been refused. */
function narrowed(
  workflow: PlannedWorkflow | null,
  step: number | null,
  channels: readonly string[] | undefined,
): PlannedWorkflow | null {
  if (workflow === null || channels === undefined) return workflow;
  const steps = workflow.steps.filter(({ channel }, at) => at <= (step ?? 0) || channels.includes(channel));
  return { ...workflow, steps };
}

function askOf(channel: OpenChannel, request: BeginRequest): GuardAsk {
  const { mode, order, client, workflow, reference, mayReorder, override } = request;
  const { app, verificationId, to, country, callee, appCode, network = null } = order;
  return {
    ...{ app: app.name, mode, verificationId, to, country, callee, network, client },
    ...{ channel: channel.name, proves: channel.proves, cost: channel.estimate?.(order) ?? null },
    ...{ contacts: channel.contacts !== false, reference, mayReorder, override },
    planned: workflow?.steps.map((planned) => planned.channel) ?? [channel.name],
    ...{ appCode: appCode !== null, test: false },
  };
}
