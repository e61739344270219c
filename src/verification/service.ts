/** Proves that a person holds a `to`: the one service behind the API. `Verifications` is its contract. */
import type { Logger } from "pino";
import type { AppIdentity } from "../apps/principal.ts";
import type { Numbers } from "../numbers/ports.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import { createCore } from "./channel-core.ts";
import type { ChannelModule, DeliveryOrder } from "./channel-port.ts";
import { type ChannelSet, type OpenChannel, openChannels } from "./channel-set.ts";
import { createChecks } from "./checks.ts";
import type { VerificationSettings } from "./config.ts";
import { createDeliveries } from "./deliveries.ts";
import { createDeliveryCodes, type Derive } from "./delivery-codes.ts";
import { createDueWatch } from "./due-watch.ts";
import { createEndings } from "./endings.ts";
import type { VerificationEvents } from "./events.ts";
import { createHashes } from "./hashes.ts";
import { startOnce } from "./idempotency.ts";
import { newVerificationId } from "./ids.ts";
import { isTerminal } from "./machine.ts";
import { ended, notFound } from "./refusals.ts";
import type { VerificationStore } from "./store-port.ts";
import { newestOf, type Verifications } from "./types.ts";

export interface VerificationsOptions {
  readonly settings: VerificationSettings;
  /** In the order of preference: the first usable one is the default. */
  readonly channels: readonly ChannelModule[];
  readonly numbers: Numbers;
  readonly store: VerificationStore;
  readonly batchTimer: BatchTimer;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** Derives the codes of messages; needed where a channel sends derived codes. */
  readonly derive?: Derive;
  readonly clock: Clock;
  readonly random: Random;
  readonly publish: Publish<VerificationEvents>;
  readonly logger: Logger;
}

export interface VerificationService extends Verifications {
  readonly channels: ChannelSet;
  /** From now on due items are ended, whichever gateway began them. */
  startDueWatch(): void;
  /** Checks the due items now. */
  settleDue(): Promise<void>;
  /** Lets deliveries in progress end; remaining ones are canceled after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all updates so far are stored: await it after `drain`. */
  settled(): Promise<void>;
  stop(): void;
}

const noMessage = { locale: null, appCode: null, step: null, generation: null, recipients: [] } as const;

const noDerivation: Derive = () => {
  throw new Error("no derivation of codes is configured");
};

export function createVerifications(options: VerificationsOptions): VerificationService {
  const { settings, numbers, store, clock, random, publish, logger } = options;
  const hashes = createHashes(options.hmacKey);
  const codes = createDeliveryCodes(options.derive ?? noDerivation, hashes, settings.message_code_length);
  const endings = createEndings({ store, publish, logger, stop: (verification) => stopDeliveries(verification) });
  const channels = openChannels(options.channels, (name) =>
    createCore({ ...options, hashes, codes, seen: endings.seen, logger: logger.child({ channel: name }) }),
  );
  const stopDeliveries: OpenChannel["stop"] = (verification) =>
    channels.find(newestOf(verification).channel)?.stop(verification);
  const deliveries = createDeliveries({ store, endings, publish, clock, logger });
  const checks = createChecks({ store, hashes, channels, endings, maxChecks: settings.max_checks, publish, logger });
  const due = createDueWatch({ store, clock, logger, onSeen: endings.seen });

  /** @throws {Refusal} where the number may not be contacted */
  function examine(app: AppIdentity, to: string, country: string | undefined) {
    const facts = numbers.examine(to, country ?? null, app.allowedCountries);
    if (facts.refusal) throw new Refusal(facts.refusal.code, facts.refusal.detail);
    if (!facts.callable || facts.e164 === null || facts.country === null) {
      throw new Refusal("number_not_callable", "This number cannot be called.");
    }
    return { to: facts.e164, country: facts.country, callee: hashes.callee(facts.e164) };
  }

  async function find(app: string, id: string) {
    const found = await store.read(app, id);
    return found.kind === "seen" ? endings.seen(found) : null;
  }

  return {
    channels,

    async start(app, request, idempotencyKey, clientIsGone = () => false) {
      const { calls = null, codeLength = null, reference = null, metadata = null } = request;
      const channel = channels.wanted(request.channel ?? null);
      const callee = examine(app, request.to, request.country);
      const session = request.session === undefined ? null : hashes.session(app.name, request.session);
      const begin = (verificationId: string) => {
        const order: DeliveryOrder = { verificationId, app, ...callee, calls, codeLength, ...noMessage };
        channel.accept(order);
        return deliveries.begin(channel, { mode: "new", order, reference, metadata, session, clientIsGone });
      };
      const id = newVerificationId(callee.callee.bucket, random);
      if (idempotencyKey === null) return begin(id);
      const key = hashes.idempotencyKey(app.name, idempotencyKey);
      const once = { key, fingerprint: hashes.fingerprint(request), id };
      return startOnce(store, once, (known) => find(app.name, known), begin);
    },

    get: (app, id) => endings.look(app.name, id),

    check: (app, id, guess) => checks.check(app.name, id, guess),

    async checkByNumber(app, { to, country }, guess, session) {
      const callee = examine(app, to, country);
      return checks.checkByNumber(app.name, callee.to, callee.callee, guess, session);
    },

    async resend(app, id, wanted = null, clientIsGone = () => false) {
      const verification = await endings.look(app.name, id);
      const { status, to, country } = verification;
      if (isTerminal(status)) throw ended(status);
      const newest = newestOf(verification);
      const channel = channels.wanted(wanted ?? newest.channel);
      const again = channel.name === newest.channel ? channel.again?.(newest, verification.codeLength) : undefined;
      const order: DeliveryOrder = {
        ...{ verificationId: id, app, to, country, callee: hashes.callee(to) },
        ...(again ?? { calls: null, codeLength: null }),
        ...noMessage,
      };
      channel.accept(order);
      const nothingNew = { reference: null, metadata: null, session: null };
      return deliveries.begin(channel, { mode: "again", order, ...nothingNew, clientIsGone });
    },

    async cancel(app, id) {
      const result = await store.cancel(app.name, id);
      if (result.kind !== "seen") throw notFound();
      const verification = endings.seen(result);
      // Canceling twice is the same request; any other end is an error for the app.
      if (verification.status !== "canceled") throw ended(verification.status);
      return verification;
    },

    nextChannels(_app, verification) {
      if (isTerminal(verification.status)) return [];
      const newest = newestOf(verification);
      const proves = channels.find(newest.channel)?.proves;
      const availableAtMs = newest.startedAtMs + settings.start_gap_seconds * 1000;
      return channels.usable
        .filter((channel) => channel.proves === proves)
        .map(({ name: channel }) => ({ channel, availableAtMs }));
    },

    startDueWatch: due.start,
    settleDue: due.look,
    async drain(graceMs) {
      await Promise.all(channels.all.map((channel) => channel.drain(graceMs)));
    },
    async settled() {
      await Promise.all(channels.all.map((channel) => channel.settled()));
    },
    stop: due.stop,
  };
}
