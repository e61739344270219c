/** Starts verifications: the first step of the plan that is not refused begins it. */
import type { AppIdentity } from "../apps/principal.ts";
import type { AppProfile } from "../apps/profile.ts";
import type { Networks } from "../numbers/networks/ports.ts";
import { Refusal } from "../shared/refusal.ts";
import { endsStart } from "./bounds.ts";
import type { DeliveryOrder } from "./channel-port.ts";
import { BeginWith, type Deliveries } from "./deliveries.ts";
import { networkOf, type Orders } from "./orders.ts";
import { testCodeLength } from "./refusals.ts";
import { type Sealing, sealedSessionId } from "./sealing.ts";
import type { Scenario } from "./simulated/reservation.ts";
import { isSkipped } from "./steps.ts";
import type { PlannedWorkflow } from "./store-port.ts";
import type { ClientIsGone, ClientRef, StartRequest, Verification } from "./types.ts";
import type { PlanStep } from "./workflow.ts";

export interface Start {
  readonly id: string;
  readonly app: AppIdentity;
  readonly profile: AppProfile;
  readonly request: StartRequest;
  /** At least one step. */
  readonly plan: readonly PlanStep[];
  readonly session: string | null;
  readonly client: ClientRef | null;
  /** How each recipient of the plan is simulated; null: they are real. */
  readonly scenarioOf: ((to: string) => Scenario) | null;
  readonly clientIsGone: ClientIsGone;
}

export interface Starts {
  /** @throws {Refusal} the first one where every step was refused */
  begin(start: Start): Promise<Verification>;
}

export function createStarts(options: {
  readonly deliveries: Deliveries;
  readonly orders: Pick<Orders, "recipientsOf">;
  readonly sealing: Sealing;
  readonly networks: Pick<Networks, "known">;
  /** Whether the client's session is kept, sealed, for what is made of a verified verification. */
  readonly keepsSession: boolean;
}): Starts {
  const { deliveries, orders, sealing, networks, keepsSession } = options;

  const sealedSessionOf = ({ id, request: { session } }: Start) =>
    keepsSession && session !== undefined ? sealing.seal(sealedSessionId(id), session) : null;

  function orderOf({ id, app, profile, request, plan }: Start, step: PlanStep, at: number): DeliveryOrder {
    const { code: appCode = null } = request;
    const first = (plan[0] as PlanStep).recipient;
    return {
      ...{ verificationId: id, app, ...step.recipient, calls: step.calls, codeLength: step.codeLength },
      ...{ locale: request.locale ?? null, appCode, generation: null, bounds: profile },
      network: networkOf(networks, step.open, step.recipient.to),
      step: plan.length > 1 ? at : null,
      recipients: plan.length > 1 ? orders.recipientsOf(plan, first.to) : [],
    };
  }

  async function tryStep(
    start: Start,
    at: number,
    workflow: PlannedWorkflow | null,
    mayReorder: boolean,
  ): Promise<Verification> {
    const { request, plan, session, client, clientIsGone } = start;
    const step = plan[at] as PlanStep;
    const { reference = null, metadata = null } = request;
    const first = (plan[0] as PlanStep).recipient;
    const order = orderOf(start, step, at);
    step.open.accept(order);
    const of = step.to === null ? null : first;
    const scenario = start.scenarioOf?.(order.to) ?? null;
    refuseCodeLength(order, scenario);
    const { override = [] } = request;
    const about = { reference, metadata, session, client, workflow, scenario, clientIsGone, mayReorder, override };
    return deliveries.begin(step.open, { mode: "new", order, of, ...about });
  }

  /** A later step that its channel cannot take would be due again and again. The first is looked at when it is tried. */
  function refuseSteps(start: Start): void {
    if (start.plan.length === 1) return;
    for (const [at, step] of start.plan.entries()) {
      try {
        step.open.accept(orderOf(start, step, at));
      } catch (error) {
        if (!isSkipped(error)) throw error;
      }
    }
  }

  return {
    async begin(start) {
      const { id, request, plan } = start;
      refuseCode(start);
      // Of a single step that is found when it is tried.
      if (plan.length > 1) refuseSteps(start);
      const { locale = null } = request;
      const sealedCode = request.code === undefined ? null : sealing.seal(id, request.code);
      const sealedSession = sealedSessionOf(start);
      const sealed = { sealedCode, sealedSession };
      const begin = (from: Start, mayReorder: boolean) => tryAll(from, { locale, ...sealed }, mayReorder);
      const isOwnOrder = request.channel !== undefined || request.workflow !== undefined;
      // Steps with recipients of their own stay as they are: the record lies with the first one's.
      const mayReorder = !isOwnOrder && plan.length > 1 && plan.every(({ to }) => to === null);
      try {
        return await begin(start, mayReorder);
      } catch (error) {
        if (!(error instanceof BeginWith)) throw error;
        return begin({ ...start, plan: beginningWith(plan, error.channel) }, false);
      }
    },
  };

  async function tryAll(
    start: Start,
    about: Pick<PlannedWorkflow, "locale" | "sealedCode" | "sealedSession">,
    mayReorder: boolean,
  ): Promise<Verification> {
    const { plan, profile } = start;
    const { locale, sealedCode, sealedSession } = about;
    const refused: PlannedWorkflow["refused"][number][] = [];
    let firstRefusal: Refusal | null = null;
    for (const [at, { channel, to }] of plan.entries()) {
      const plain = plan.length === 1 && locale === null && sealedCode === null && sealedSession === null;
      const workflow = plain ? null : { steps: plan, person: profile.needsPerson, ...about, refused };
      try {
        return await tryStep(start, at, workflow, mayReorder);
      } catch (error) {
        if (!isSkipped(error) || endsStart(error, profile)) throw error;
        firstRefusal ??= error;
        refused.push({ channel, to, reason: error.code });
      }
    }
    throw firstRefusal ?? new Error("a plan has at least one step");
  }
}

/** The plan with this channel's step first; it waits no longer than the one before did, so that the others keep their time. */
function beginningWith(plan: readonly PlanStep[], channel: string): readonly PlanStep[] {
  const first = plan.find((step) => step.channel === channel);
  const waitMs = Math.min(first?.waitMs ?? 0, plan[0]?.waitMs ?? 0);
  return first === undefined ? plan : [{ ...first, waitMs }, ...plan.filter((step) => step !== first)];
}

/** A fixed code has the digits that it has. */
function refuseCodeLength({ codeLength, appCode }: DeliveryOrder, scenario: Scenario | null): void {
  if (codeLength === null || appCode !== null || scenario?.kind !== "test") return;
  if (codeLength !== scenario.code.length) throw testCodeLength(scenario.code.length);
}

/** @throws {Refusal} where the app gave a code that it may not give, or that these steps cannot show */
function refuseCode({ app, profile, request, plan }: Start): void {
  const { code, codeLength } = request;
  if (code === undefined) return;
  if (!profile.customCode) {
    throw new Refusal("forbidden", "`code` is not permitted for this app (apps.<name>.custom_code).");
  }
  if (!app.scopes.has("custom_code")) {
    throw new Refusal("forbidden", "`code` is not permitted with this API key: it lacks the scope `custom_code`.");
  }
  if (codeLength !== undefined && codeLength !== code.length) {
    throw new Refusal("invalid_request", "`code_length` must be the length of `code`; leave it out.");
  }
  const without = plan.find(({ open }) => open.codes === null);
  if (without !== undefined) {
    throw new Refusal("invalid_request", `\`code\` cannot be used with channel ${without.channel}: it has no code.`);
  }
  if (new Set(plan.map(({ recipient }) => recipient.to)).size > 1) {
    throw new Refusal("invalid_request", "`code` cannot be used with several recipients.");
  }
}
