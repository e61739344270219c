/** Webhooks as the composition root takes them. */
import type { Logger } from "pino";
import type { AuditWriter } from "../audit/writer.ts";
import type { EventOutbox } from "../events/outbox-port.ts";
import type { EventSink } from "../events/sink-port.ts";
import { createOutgoingHttp } from "../outgoing-http/client.ts";
import { resolveForUsers } from "../outgoing-http/dns-resolve.ts";
import type { Resolve } from "../outgoing-http/resolve.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { Tracing } from "../shared/tracing.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { Sealing } from "../verification/sealing.ts";
import { auditedWebhooks } from "./audited.ts";
import { createChanges } from "./changes.ts";
import type { WebhooksConfig } from "./config.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { createDirectory } from "./directory.ts";
import { createDispatcher } from "./dispatcher.ts";
import { createEndpoints } from "./endpoints.ts";
import type { EndpointMirror } from "./mirror-port.ts";
import type { WebhookObserver } from "./observer-port.ts";
import type { QueueSettings, WebhookQueue } from "./queue-port.ts";
import { withJitter } from "./retries.ts";
import { createSender } from "./sender.ts";
import { createWebhookService, type Webhooks } from "./service.ts";
import { createWebhookSink } from "./sink.ts";
import type { WebhookStore } from "./store-port.ts";
import { webhookSubjects } from "./subjects.ts";
import { createEndpointSync } from "./sync.ts";
import type { DisabledReason, Endpoint, EndpointRow } from "./types.ts";

const hourMs = 3_600_000;
/** What a dead gateway was delivering is delivered by another one after this time. */
const claimMs = 6000;
/** A receiver says all that counts in its status. */
const maxAnswerBytes = 16_384;
/** Endpoints of which the metrics read the queue at a scrape: more take too long. */
const mostMeasured = 200;
/** At the gateway's end, beside `deadline_ms`: settling what ended. */
const settleMarginMs = 500;
/**
 * And no longer, as the whole stop has a limit (commands/signals.ts): a receiver may take a minute. What is left then is sent
 * again, with the same `webhook-id`, when its claim has ended.
 */
const stopMs = 1500;

export interface WebhookQueueState {
  readonly queued: number;
  readonly oldestMs: number;
  readonly endpoints: { readonly enabled: number; readonly disabled: number; readonly down: number };
}

export interface WebhookModule {
  readonly service: Webhooks;
  /** For the relay. */
  readonly sink: EventSink;
  readonly urlsMayBePrivate: boolean;
  /** What is kept of a number or an address. */
  readonly subjects: readonly SubjectStore[];
  /** Removes all endpoints of an app that is to be deleted. */
  removeAll(app: string): Promise<void>;
  start(): void;
  /** Lets deliveries in progress end, for 1.5 s at most. */
  stop(): Promise<void>;
  /** For the metrics. @throws where Redis does not answer */
  state(): Promise<WebhookQueueState>;
}

export interface WebhookParts {
  readonly config: WebhooksConfig;
  readonly queue: (
    settings: QueueSettings,
    options: { readonly token: () => string; readonly jitter: () => number },
  ) => WebhookQueue;
  readonly mirror: EndpointMirror;
  readonly store: WebhookStore;
  /** False: nothing is recorded, so endpoints cannot be registered; those in the mirror hold. Default: true. */
  readonly isRecording?: boolean;
  readonly sealing: Sealing;
  /** Takes the event that an endpoint was disabled. */
  readonly outbox: Pick<EventOutbox, "publish">;
  readonly observer: WebhookObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Left out: changes by apps are in no audit log. */
  readonly audit?: AuditWriter;
  readonly tracing?: Tracing | null;
  /** For tests. */
  readonly resolve?: Resolve;
  readonly delaysMs?: readonly number[];
  readonly claimMs?: number;
}

export function createWebhooks(parts: WebhookParts): WebhookModule {
  const { config, mirror, store, outbox, observer, clock, random, logger, resolve } = parts;
  const gateway = random.bytes(6).toString("base64url");
  let turns = 0;
  const settings: QueueSettings = {
    longestMs: config.retry_hours * hourMs,
    mostQueued: config.queue_max,
    mostDead: config.queue_max,
    triesKept: config.tries_kept,
    claimMs: parts.claimMs ?? claimMs,
  };
  const queue = parts.queue(settings, {
    token: () => `${gateway}${(turns++).toString(36)}`,
    jitter: () => withJitter(1000, random) / 1000,
  });
  const http = createOutgoingHttp({
    clock,
    allowPrivate: config.allow_private,
    deadlineMs: config.deadline_ms,
    // Bounded by the dispatcher: a slow endpoint must not take the connections of another one at the same host.
    maxConcurrent: config.concurrency,
    maxResponseBytes: maxAnswerBytes,
    resolve: resolve ?? resolveForUsers(config.allow_private),
  });
  const endpoints = createEndpoints(parts.sealing, random);
  const directory = createDirectory(mirror, endpoints, logger, () => sync.hurry());
  const sender = createSender(http, clock, parts.tracing);
  const deadLetters = createDeadLetters({ queue, store, observer, logger });
  const dispatcher = createDispatcher({
    ...{ queue, directory, sender, observer, clock, random, logger },
    concurrency: config.concurrency,
    concurrencyPerEndpoint: config.concurrency_per_endpoint,
    claimMs: settings.claimMs,
    disableAfterMs: config.disable_after_hours * hourMs,
    disable,
    isDeleted,
    moveDeadLetters: deadLetters.move,
    ...(parts.delaysMs !== undefined && { delaysMs: parts.delaysMs }),
  });
  const sync = createEndpointSync({ mirror, store, clock, logger });
  const changes = createChanges({ store, mirror });
  const service = createWebhookService({
    ...{ endpoints, directory, store, mirror, changes, queue, sender, deadLetters, clock, random },
    wake: dispatcher.wake,
    endpointsPerApp: config.endpoints_per_app,
    overlapMs: config.secret_overlap_seconds * 1000,
  });

  /** As records say: what Redis alone has lost comes back from them. Where nothing is recorded the mirror is all there is. */
  async function isDeleted(id: string): Promise<boolean> {
    if (parts.isRecording === false) return true;
    // One row, not all: each deleted endpoint is looked at once more (webhook_endpoint.lua), and apps may delete in a loop.
    const isGone = await store.endpoint(id).then(
      (row) => row === null,
      () => false,
    );
    if (!isGone) sync.hurry();
    return isGone;
  }

  async function disable(endpoint: Endpoint, reason: DisabledReason): Promise<void> {
    const { id, app, row } = endpoint;
    await directory.refresh();
    const current = directory.find(id);
    if (current === null) return;
    // The app may have given it another URL, or deleted it, since that try began; another gateway may have disabled it.
    const make = (now: EndpointRow) =>
      now.enabled && now.url === row.url
        ? endpoints.change(now, { enabled: false, disabledReason: reason }, clock.nowMs())
        : null;
    if ((await disabledIn(current.row, make)) === null) return;
    await directory.refresh();
    await queue.bury(id, "disabled");
    dispatcher.wake(id);
    observer.disabled(reason);
    logger.warn({ webhook: id, app, host: endpoint.url.host, reason }, "webhook endpoint disabled");
    await outbox.publish("webhook.disabled", { webhook: id, reason }, app).catch(() => undefined);
  }

  /** It must end now: where the records are away, they get it from the mirror by the comparison (sync.ts). */
  async function disabledIn(row: EndpointRow, make: (row: EndpointRow) => EndpointRow | null) {
    try {
      return await changes(row, make);
    } catch {
      const next = make(row);
      if (next !== null) await mirror.put(next);
      return next;
    }
  }

  return {
    service: parts.audit === undefined ? service : auditedWebhooks(service, parts.audit),
    sink: createWebhookSink({ queue, directory, wake: dispatcher.wake }),
    urlsMayBePrivate: config.allow_private,
    subjects: webhookSubjects({ queue, store: parts.isRecording === false ? null : store, directory }),
    async removeAll(app) {
      for (const { id } of await service.list(app)) await service.remove(app, id);
    },
    start() {
      if (parts.isRecording !== false) sync.start();
      dispatcher.start();
    },
    async stop() {
      sync.stop();
      await dispatcher.stop(Math.min(config.deadline_ms + settleMarginMs, stopMs));
      http.close();
    },
    async state() {
      await directory.refresh();
      const all = [...directory.all()];
      const enabled = all.filter(({ row }) => row.enabled);
      const found = await Promise.all(enabled.slice(0, mostMeasured).map(({ id }) => queue.status(id)));
      return {
        queued: found.reduce((sum, one) => sum + one.queued, 0),
        oldestMs: Math.max(0, ...found.map(({ oldestMs }) => oldestMs ?? 0)),
        endpoints: {
          enabled: enabled.length,
          disabled: all.length - enabled.length,
          down: found.filter(({ open }) => open).length,
        },
      };
    },
  };
}
