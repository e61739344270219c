/** Proves that a person holds a `to`: the one service behind the API. `Verifications` is its contract. */
import type { Logger } from "pino";
import { type AppProfile, standardProfile } from "../apps/profile.ts";
import type { Lookup } from "../numbers/lookup/ports.ts";
import { type Networks, noNetworks } from "../numbers/networks/ports.ts";
import type { Numbers } from "../numbers/ports.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Random } from "../shared/random.ts";
import { quietHours } from "./bounds.ts";
import { createCore } from "./channel-core.ts";
import type { ChannelHealth, ChannelModule } from "./channel-port.ts";
import { type ChannelSet, openChannels } from "./channel-set.ts";
import { createChecks } from "./checks.ts";
import { choiceOf, mayReach } from "./choices.ts";
import { createCodes } from "./codes.ts";
import type { VerificationSettings } from "./config.ts";
import { createDeliveries } from "./deliveries.ts";
import { createDeliveryCodes } from "./delivery-codes.ts";
import { createDueWatch } from "./due-watch.ts";
import { createEndings } from "./endings.ts";
import { createErasure, type EraseVerification } from "./erasure.ts";
import type { VerificationEvents } from "./events.ts";
import { type Guard, noGuard } from "./guard-port.ts";
import { type CalleeRef, createHashes } from "./hashes.ts";
import { startOnce } from "./idempotency.ts";
import { newVerificationId } from "./ids.ts";
import type { KeySecrets } from "./key-ring.ts";
import { isTerminal } from "./machine.ts";
import { createOrders } from "./orders.ts";
import { createRecipients } from "./recipients.ts";
import { ended, notFound } from "./refusals.ts";
import { createSealing } from "./sealing.ts";
import { createShares } from "./shares.ts";
import { createSimulatedDeliveries } from "./simulated/index.ts";
import { createStarts } from "./starts.ts";
import { createSteps } from "./steps.ts";
import type { VerificationStore } from "./store-port.ts";
import { newestOf, type Verification, type Verifications } from "./types.ts";
import { planOf, workflowDefaults, workflowProblems } from "./workflow.ts";

export interface VerificationsOptions {
  readonly settings: VerificationSettings;
  /** In the order of preference: the first usable one is the default. */
  readonly channels: readonly ChannelModule[];
  readonly numbers: Numbers;
  /** Without it no network is known. */
  readonly networks?: Networks;
  /** What may have been meant by a number that is refused; without it refusals have no suggestions. */
  readonly suggest?: Lookup["suggest"];
  readonly store: VerificationStore;
  readonly batchTimer: BatchTimer;
  /** Decides before each delivery; without it all begin. */
  readonly guard?: Guard;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** Keys of one purpose each; without one the purpose's key comes from `hmacKey`. */
  readonly keys?: { readonly code?: KeySecrets | undefined; readonly sealing?: KeySecrets | undefined };
  /** What an app may use, by its name; without it all apps have the standard profile. */
  readonly profileOf?: (app: string) => AppProfile;
  /** Whether the clients' sessions are kept, sealed, for signed results; default: no. */
  readonly keepsSession?: boolean;
  /** The apps' default workflows by their keys in the configuration. */
  readonly appWorkflows?: Readonly<Record<string, WorkflowProfile>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly publish: Publish<VerificationEvents>;
  readonly logger: Logger;
}

/** What of a profile decides how long its steps may wait. */
type WorkflowProfile = Pick<AppProfile, "workflow" | "ttlMs">;

export interface VerificationService extends Verifications {
  readonly channels: ChannelSet;
  /**
   * Whom a recipient names, whether or not it may be contacted: canonical, and how stores know it.
   * @throws {Refusal} where it is neither a number, nor an address, nor a registration
   */
  identify(to: string, country: string | null): { readonly to: string; readonly callee: CalleeRef };
  /** Erases a verification of any app; one that is open is canceled first. */
  readonly erase: EraseVerification;
  /** What is wrong with the default workflow of a profile on this gateway, for an operator. @param path its key */
  problemsOfWorkflow(path: string, profile: WorkflowProfile): readonly string[];
  /** The channels that know whether they can deliver now. */
  health(): readonly (ChannelHealth & { readonly channel: string })[];
  /** Connects the channels in the background. Resolves when each has tried once. */
  startChannels(): Promise<void>;
  /** From now on due items are handled, whichever gateway began them. */
  startDueWatch(): void;
  /** Handles the due items now. Resolves when the steps among them were begun. */
  settleDue(): Promise<void>;
  /** Lets deliveries in progress end; remaining ones are canceled after `graceMs`. No step begins any more. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all updates so far are stored, and the steps that follow them were begun: await it after `drain`. */
  settled(): Promise<void>;
  stop(): void;
}

const nothingNew = {
  ...{ reference: null, metadata: null, session: null, workflow: null },
  ...{ mayReorder: false, override: [] },
} as const;

export function createVerifications(options: VerificationsOptions): VerificationService {
  const { settings, numbers, store, clock, random, publish, logger } = options;
  const { profileOf = () => standardProfile, keys = {}, guard = noGuard, networks = noNetworks } = options;
  const hashes = createHashes(options.hmacKey);
  const codes = createDeliveryCodes(createCodes(options.hmacKey, keys.code), hashes, settings.message_code_length);
  const sealing = createSealing(random, options.hmacKey, keys.sealing);
  const shares = createShares({ store, hashes, maxChecks: settings.max_checks, logger });
  const endings = createEndings({
    ...{ store, publish, logger },
    stop(verification) {
      stopDeliveries(verification);
      shares.ended(verification);
      // A test teaches nothing.
      if (verification.simulated !== "test") guard.ended(verification);
    },
  });
  const channels = openChannels(options.channels, ({ name, proves }) =>
    createCore({
      ...options,
      ...{
        hashes,
        sealing,
        codes: codes(proves),
        seen: endings.seen,
        callOver: shares.callOver,
        logger: logger.child({ channel: name }),
      },
      onStep: (app, id, step) => steps.follow(app, id, step),
    }),
  );
  const simulated = createSimulatedDeliveries({
    ...{ store, hashes, codesOf: codes, channel: (name: string) => channels.find(name), seen: endings.seen },
    ...{ look: (id: string) => due.lookFor(id), clock, random },
  });
  const stopDeliveries = (verification: Verification) => {
    // Also an earlier call, which may still read its code out.
    for (const delivery of verification.deliveries) channels.find(delivery.channel)?.stop(verification, delivery);
    simulated.stop(verification);
  };
  const deliveries = createDeliveries({ store, endings, shares, guard, simulated, publish, clock, logger });
  const orders = createOrders(channels, hashes, sealing, networks);
  const starts = createStarts({ deliveries, orders, sealing, networks, keepsSession: options.keepsSession ?? false });
  const checks = createChecks({
    ...{ store, hashes, channels, endings, shares, publish, logger },
    maxChecksOf: (app) => profileOf(app).maxChecks ?? settings.max_checks,
  });
  const steps = createSteps({
    store,
    logger,
    look: endings.look,
    async beginStep(verification, step) {
      const profile = profileOf(verification.app);
      const { channel, order, of } = orders.step(verification, profile, step);
      channel.accept(order);
      const { client } = verification;
      const scenario = simulated.scenarioOf(verification, profile.testNumbers, order.to);
      const about = { ...nothingNew, client, scenario, clientIsGone: () => false };
      await deliveries.begin(channel, { mode: "step", order, of, ...about });
    },
    onRefused({ id, app }, answer) {
      if (answer.kind === "seen") endings.seen(answer);
      if (answer.kind !== "noted") return null;
      const { status, seq, channel, state, step } = answer;
      publish("delivery.updated", { verification: id, status, channel, state }, { app, seq });
      return step;
    },
  });
  const due = createDueWatch({ store, clock, logger, onSeen: endings.seen, steps });
  const recipients = createRecipients({
    ...{ numbers, networks, suggest: options.suggest, channels, hashes, profileOf, clock },
  });
  const defaults = workflowDefaults(settings);
  const problemsOfWorkflow: VerificationService["problemsOfWorkflow"] = (path, { workflow, ttlMs }) => {
    // A shorter life leaves less time to the gateway's own workflow, too.
    const steps = workflow ?? (ttlMs === null ? null : defaults.workflow);
    return workflowProblems(
      { [path]: steps },
      { ...defaults, firstChannel: {}, ttlMs: ttlMs ?? defaults.ttlMs },
      channels,
    );
  };
  const problems = [
    ...workflowProblems({ "verification.workflow": defaults.workflow }, defaults, channels),
    ...Object.entries(options.appWorkflows ?? {}).flatMap((entry) => problemsOfWorkflow(...entry)),
  ];
  if (problems.length > 0) throw new Error(`the configuration is not valid: ${problems.join("; ")}`);

  async function find(app: string, id: string): Promise<Verification | null> {
    const found = await store.read(app, id);
    return found.kind === "seen" ? endings.seen(found) : null;
  }

  return {
    channels,

    async start(app, request, idempotencyKey, clientIsGone = () => false) {
      const profile = profileOf(app.name);
      await recipients.lookAhead(app, request);
      const plan = planOf(request, profile, channels, defaults, recipients.reader(app, request.country), networks);
      const session = request.session === undefined ? null : hashes.session(app.name, request.session);
      const client = hashes.client(app.name, request);
      const scenarioOf = simulated.scenariosFor(
        profile.testNumbers,
        plan.map(({ recipient }) => recipient.to),
      );
      const begin = (id: string) =>
        starts.begin({ id, app, profile, request, plan, session, client, scenarioOf, clientIsGone });
      const id = newVerificationId(plan[0]?.recipient.callee.bucket ?? "", random);
      if (idempotencyKey === null) return begin(id);
      const key = hashes.idempotencyKey(app.name, idempotencyKey);
      const once = { key, fingerprint: hashes.fingerprint(request), id };
      return startOnce(store, once, (known) => find(app.name, known), begin);
    },

    get: (app, id, person) => endings.look(app.name, id, person),

    check: (app, id, guess) => checks.check(app.name, id, guess),

    async checkByNumber(app, { to, country }, guess, session) {
      const callee = recipients.read(app, to, country);
      return checks.checkByNumber(app.name, callee.to, callee.callee, guess, session);
    },

    async resend(app, id, wanted = null, clientIsGone = () => false) {
      const verification = await endings.look(app.name, id);
      if (isTerminal(verification.status)) throw ended(verification.status);
      const profile = profileOf(app.name);
      const { channel, order, of } = orders.chosen(verification, profile, wanted);
      channel.accept(order);
      const { client } = verification;
      const scenario = simulated.scenarioOf(verification, profile.testNumbers, order.to);
      return deliveries.begin(channel, { mode: "again", order, of, client, ...nothingNew, scenario, clientIsGone });
    },

    async cancel(app, id) {
      const result = await store.cancel(app.name, id);
      if (result.kind !== "seen") throw notFound();
      const verification = endings.seen(result);
      // Canceling twice is the same request; any other end is an error for the app.
      if (verification.status !== "canceled") throw ended(verification.status);
      return verification;
    },

    nextChannels(app, verification) {
      if (isTerminal(verification.status)) return [];
      const newest = newestOf(verification);
      const proves = channels.find(newest.channel)?.proves;
      const profile = profileOf(app.name);
      const { channels: permitted, maxDeliveries } = profile;
      if (maxDeliveries !== null && verification.deliveries.length >= maxDeliveries) return [];
      const availableAtMs = newest.startedAtMs + settings.start_gap_seconds * 1000;
      return channels.usable
        .filter((channel) => channel.proves === proves && (permitted === null || permitted.includes(channel.name)))
        .filter((channel) => {
          const { to, country } = choiceOf(verification, channel.name);
          const isQuiet = channel.attemptsOf !== undefined && quietHours(profile, country, clock.nowMs()) !== null;
          return !isQuiet && mayReach(channel, to, verification);
        })
        .map(({ name: channel }) => ({ channel, availableAtMs }));
    },

    identify: recipients.identify,
    problemsOfWorkflow,
    erase: createErasure({ store, endings, clock }),

    health: () =>
      channels.usable.flatMap((channel) => {
        const health = channel.health?.();
        return health === undefined ? [] : [{ channel: channel.name, ...health }];
      }),
    async startChannels() {
      await Promise.all(channels.usable.map((channel) => channel.start?.()));
    },
    startDueWatch: due.start,
    async settleDue() {
      await due.look();
      await steps.settled();
    },
    async drain(graceMs) {
      await Promise.all([steps.stop(), ...channels.all.map((channel) => channel.drain(graceMs))]);
    },
    async settled() {
      await Promise.all(channels.all.map((channel) => channel.settled()));
      await steps.settled();
    },
    stop() {
      due.stop();
      simulated.close();
      void steps.stop();
    },
  };
}
