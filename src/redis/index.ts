/** The store as the composition root takes it. */

import type { Logger } from "pino";
import type { AppMirror } from "../apps/mirror-port.ts";
import type { AuditQueue } from "../audit/port.ts";
import type { ReputationConfig } from "../caller-ids/reputation-config.ts";
import type { ReputationStore } from "../caller-ids/store-port.ts";
import type { HangUps } from "../channels/calls/hang-ups-port.ts";
import type { ReceiptStore } from "../channels/messages/receipt-store-port.ts";
import type { MessageAdmission } from "../channels/sms/admission-port.ts";
import type { MessageParts } from "../channels/sms/parts-port.ts";
import { type EventsConfig, standardEvents } from "../events/config.ts";
import type { HistoryStore } from "../events/history.ts";
import type { EventOutbox } from "../events/outbox-port.ts";
import type { CursorName, OutboxStore } from "../events/relay-port.ts";
import type { EventStreams } from "../events/stream-port.ts";
import type { StreamStore } from "../events/streams.ts";
import type { GuardCounters } from "../guard/counter-port.ts";
import type { ListMirror } from "../guard/lists/ports.ts";
import type { HealthStore } from "../numbers/health/ports.ts";
import type { LiveCheckStore } from "../numbers/live-check/ports.ts";
import type { NetworkStore } from "../numbers/networks/live-port.ts";
import type { CanaryArrivals } from "../operations/canary-port.ts";
import type { Leases } from "../operations/leases-port.ts";
import type { Outages } from "../operations/outages-port.ts";
import type { OptOutMirror } from "../opt-out/store-port.ts";
import type { ProofStore } from "../proofs/store-port.ts";
import { type BatchTimer, createBatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import type { TraceStore, Tracing } from "../shared/tracing.ts";
import type { SubjectIndex } from "../subjects/index-port.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { Admission } from "../telephony/trunks/admission-port.ts";
import type { StartTokenUses } from "../tokens/uses-port.ts";
import type { Sealing } from "../verification/sealing.ts";
import type { VerificationStore } from "../verification/store-port.ts";
import type { EndpointMirror } from "../webhooks/mirror-port.ts";
import type { QueueSettings, WebhookQueue } from "../webhooks/queue-port.ts";
import { createAdmissionStore } from "./admission-store.ts";
import { createAppMirror } from "./app-mirror.ts";
import { createAuditQueue } from "./audit-queue.ts";
import { createCanaryArrivals } from "./canary-store.ts";
import { createRedis } from "./client.ts";
import type { RedisConfig } from "./config.ts";
import { createEventStreams } from "./event-streams.ts";
import { createGuardCounters } from "./guard-store.ts";
import { createHangUps } from "./hang-ups.ts";
import { createHealthStore } from "./health-store.ts";
import { shards } from "./keys.ts";
import { createLeases } from "./leases-store.ts";
import { createListMirror } from "./list-mirror.ts";
import { createLiveCheckStore } from "./live-check-store.ts";
import type { RedisMemory } from "./memory.ts";
import { createMessageAdmission } from "./message-admission-store.ts";
import { createMessageParts } from "./message-parts-store.ts";
import { createNetworkStore } from "./network-store.ts";
import { createOpenInvites, type OpenInvitesStore } from "./open-invites-store.ts";
import { createOptOutMirror } from "./opt-out-mirror.ts";
import { createOutages } from "./outages-store.ts";
import { createOutboxes } from "./outbox-store.ts";
import { createProofStore } from "./proof-store.ts";
import { createReceiptStore } from "./receipt-store.ts";
import { recordVersion } from "./record.ts";
import { createReputationStore } from "./reputation-store.ts";
import { createScriptRunner } from "./run.ts";
import { loadScripts, loadVerificationScripts, type ScriptedChannel, type ScriptSettings } from "./scripts.ts";
import { createStartTokenUses } from "./start-token-uses.ts";
import { outboxSubjects, streamSubjects } from "./subject-events.ts";
import { createSubjectIndex } from "./subject-index.ts";
import { createTraceStore } from "./trace-store.ts";
import { createVerificationStore } from "./verification-store.ts";
import { createVersionCheck, RecordVersionError } from "./version.ts";
import { createWebhookMirror } from "./webhook-mirror.ts";
import { createWebhookQueue } from "./webhook-queue.ts";

const beatMs = 20;

export interface Store {
  /** The store of verifications by these channels; to be called once. */
  verifications(settings: ScriptSettings, channels: readonly ScriptedChannel[]): VerificationStore & HistoryStore;
  /** Where the scripts' events wait for the relay. */
  readonly outboxes: OutboxStore & EventOutbox;
  readonly streams: EventStreams & StreamStore;
  readonly admission: Admission;
  readonly messageAdmission: MessageAdmission;
  readonly messageParts: MessageParts;
  readonly reputation: ReputationStore;
  readonly outages: Outages;
  readonly leases: Leases;
  readonly audit: AuditQueue;
  /** What the guard counts, for all gateways. */
  readonly guard: GuardCounters;
  /** What deliveries taught about numbers. */
  readonly health: HealthStore;
  readonly startTokenUses: StartTokenUses;
  readonly guardLists: ListMirror;
  readonly subjects: SubjectIndex;
  readonly proofs: ProofStore;
  /** What live sources said of numbers' networks. */
  readonly networks: NetworkStore;
  readonly optOuts: OptOutMirror;
  /** @param cooldownMs how long a callee is not shown a caller ID again */
  liveChecks(cooldownMs: () => number): LiveCheckStore;
  /** INVITEs under way of all gateways; to be called once. */
  openInvites(sealing: Sealing): OpenInvitesStore;
  /** What gateways ask of each other's calls. */
  readonly hangUps: HangUps;
  /** Test calls that came in to a gateway over its own SIP. */
  canaryArrivals(sealing: Sealing): CanaryArrivals;
  /** Events on their way, as classes of what is kept of somebody. @param apps all that have streams */
  eventSubjects(apps: () => readonly string[]): readonly SubjectStore[];
  /** Receipts of messages, kept as long as verifications with these settings. */
  receipts(settings: ScriptSettings["verification"]): ReceiptStore;
  webhookQueue(settings: QueueSettings, options: Parameters<typeof createWebhookQueue>[2]): WebhookQueue;
  readonly webhookMirror: EndpointMirror;
  readonly appMirror: AppMirror;
  /** Of a gateway that traces. */
  readonly traces: TraceStore;
  /**
   * When deferrable writes are flushed: call updates, caller-ID usage, released slots. No reader needs them sooner,
   * superseded updates are never written, and under load all of them go to Redis in one write.
   */
  readonly batchTimer: BatchTimer;
  /**
   * Resolves when the first try to connect to Redis succeeded or failed; soon in any case.
   * @throws {RecordVersionError} where it holds records that this gateway is too old for
   */
  firstTried(): Promise<void>;
  /** Calls back whenever it is connected, also again: after a failover Redis may lack what was written last. */
  onConnected(listener: () => void): void;
  /** Whether Redis answers and accepts writes now. */
  ping(): Promise<boolean>;
  /** How full Redis is, of a cluster its fullest master; null where it does not answer. */
  memory(): Promise<RedisMemory | null>;
  close(): Promise<void>;
}

/** Connects in the background; until then every method refuses with `store_unavailable`. */
export function createStore(options: {
  readonly redis: RedisConfig;
  readonly reputation: ReputationConfig;
  /** Without it the defaults. */
  readonly events?: Pick<EventsConfig, "backlog_max" | "stream_max" | "stream_seconds">;
  /** The relay's cursors in use; without it `live` alone. */
  readonly cursors?: readonly CursorName[];
  readonly clock: Clock;
  /** For tests: scripts use the time of `clock` instead of Redis' own. */
  readonly testTime?: boolean;
  /** For tests: the record version that this gateway works with. */
  readonly own?: number;
  readonly logger: Logger;
  readonly tracing?: Tracing | null;
}): Store {
  const { redis, reputation, clock, testTime = false, own = recordVersion, logger, tracing = null } = options;
  const shardCount = redis.cluster === undefined ? 1 : shards;
  const { events = standardEvents, cursors = ["live"] } = options;
  const outbox = { perShard: shardCount > 1, maxEntries: Math.ceil(events.backlog_max / shardCount) };
  const connection = createRedis(redis, logger);
  const runner = createScriptRunner({
    ...{ client: connection.client, timeoutMs: redis.command_timeout_ms, clock, logger, tracing },
  });
  const { command, define, flush } = runner;
  define(loadScripts());
  const { run, read, check, forget } = createVersionCheck({ run: runner.run, read: runner.read, clock, logger, own });
  connection.client.on("ready", forget);
  const batchTimer = createBatchTimer(clock, beatMs);
  const admission = createAdmissionStore(run, batchTimer);
  const hangUps = createHangUps({ client: connection.client, random: cryptoRandom, clock, logger });
  const outboxes = createOutboxes({
    run,
    command,
    outbox,
    shards: shardCount,
    cursors,
    random: cryptoRandom,
  });
  return {
    verifications(settings, channels) {
      const defineFor = (apps: number) => define(loadVerificationScripts({ ...settings, apps }, channels, outbox));
      defineFor(settings.apps);
      let haveShares = settings.apps > 1;
      settings.onApps?.((apps) => {
        if (apps > 1 !== haveShares) defineFor(apps);
        haveShares = apps > 1;
      });
      return createVerificationStore(
        run,
        settings.verification,
        outboxes.written,
        testTime ? () => clock.nowMs() : null,
      );
    },
    outboxes,
    streams: createEventStreams(run, connection.client, events),
    admission,
    messageAdmission: createMessageAdmission(run),
    messageParts: createMessageParts(run),
    reputation: createReputationStore(run, reputation, testTime ? () => clock.nowMs() : null),
    leases: createLeases(run),
    outages: createOutages(run, (changed) => {
      const failed = (error: unknown) => logger.warn({ err: error }, "an event of a trunk could not be stored");
      outboxes.publish("trunk.updated", changed, null).catch(failed);
    }),
    audit: createAuditQueue(run),
    guardLists: createListMirror(run),
    guard: createGuardCounters(run, shardCount > 1, clock, testTime ? () => clock.nowMs() : null),
    health: createHealthStore(run, read, testTime ? () => clock.nowMs() : null),
    startTokenUses: createStartTokenUses(run),
    subjects: createSubjectIndex(connection.client),
    proofs: createProofStore(run),
    networks: createNetworkStore(run, testTime ? () => clock.nowMs() : null),
    optOuts: createOptOutMirror(run, read),
    liveChecks: (cooldownMs) => createLiveCheckStore(run, cooldownMs, testTime ? () => clock.nowMs() : null),
    openInvites: (sealing) =>
      createOpenInvites({
        ...{ run, command, flush, sealing, batchTimer, random: cryptoRandom, clock, logger },
        testNow: testTime ? () => clock.nowMs() : null,
      }),
    hangUps,
    canaryArrivals: (sealing) => createCanaryArrivals(connection.client, sealing),
    eventSubjects: (apps) => [
      outboxSubjects({ client: connection.client, run, shards: shardCount, cursors, clock }),
      streamSubjects(connection.client, () => [null, ...apps()]),
    ],
    receipts: (settings) => createReceiptStore(run, settings),
    webhookQueue: (settings, options) => createWebhookQueue(run, settings, options),
    webhookMirror: createWebhookMirror(run),
    appMirror: createAppMirror(run),
    traces: createTraceStore(connection.client),
    batchTimer,
    async firstTried() {
      await connection.firstTried();
      await check().catch(unlessTooOld);
    },
    onConnected: (listener) => void connection.client.on("ready", listener),
    ping: async () =>
      (await connection.ping()) &&
      (await check().then(
        () => true,
        () => false,
      )),
    memory: connection.memory,
    async close() {
      // A slot that is not released stays taken until its lease ends.
      await admission.settled();
      hangUps.close();
      await connection.close();
    },
  };
}

/** Redis that does not answer is waited for; what it holds decides later. */
function unlessTooOld(error: unknown): void {
  if (error instanceof RecordVersionError) throw error;
}
