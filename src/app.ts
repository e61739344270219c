/** The composition root: builds every part from the configuration, starts them in order and stops them in reverse. */
import { createChannels } from "./app-channels.ts";
import { createDeciding } from "./app-guard.ts";
import { createLiveChecks } from "./app-live-check.ts";
import { createNumberIntelligence } from "./app-numbers.ts";
import type { App, AppOptions } from "./app-options.ts";
import { viewsOfAll } from "./app-peers.ts";
import { createAppDirectory } from "./apps/directory.ts";
import { createKeptApps } from "./apps/index.ts";
import { profileOf } from "./apps/profile.ts";
import { createAudit } from "./audit/index.ts";
import { createCallerIdPool } from "./caller-ids/pool.ts";
import { createCallerIdReputation } from "./caller-ids/reputation.ts";
import { createLiveConfig } from "./config/live-config.ts";
import { problemsOfProfile } from "./config/profile-problems.ts";
import { createConfigReload } from "./config/reloading.ts";
import type { Config } from "./config/schema.ts";
import { noteCanaryCalls } from "./doctor/canary/arrivals.ts";
import { brakeFeed } from "./events/brake-feed.ts";
import { createBus } from "./events/bus.ts";
import type { GatewayEvents } from "./events/events.ts";
import { createEvents } from "./events/index.ts";
import { buildServer } from "./http/server/server.ts";
import { createLiveStreams } from "./live/index.ts";
import { numberingMetadata } from "./numbers/library.ts";
import { createMetrics } from "./observability/metrics.ts";
import { auditedOutages } from "./operations/audited-outages.ts";
import { createOperations } from "./operations/operations.ts";
import { createWatches } from "./operations/watches.ts";
import { createProofs } from "./proofs/index.ts";
import { createAppStore } from "./records/apps.ts";
import { auditFeatures, createAuditRecords } from "./records/audit.ts";
import { createCdrModule } from "./records/cdr/index.ts";
import { guardFeatures } from "./records/guard.ts";
import { createDurableRecords } from "./records/index.ts";
import { createSubjectRecords, subjectFeatures } from "./records/subjects.ts";
import { createWebhookStore, webhookRecords } from "./records/webhooks.ts";
import { createStore } from "./redis/index.ts";
import { systemClock } from "./shared/clock.ts";
import { deferred } from "./shared/deferred.ts";
import { cryptoRandom } from "./shared/random.ts";
import { allSounds } from "./speech/sound-names.ts";
import { createPersonalData } from "./subjects/index.ts";
import { createTelephony } from "./telephony/index.ts";
import { tracedCalls } from "./tracing/dialer.ts";
import { createHashes } from "./verification/hashes.ts";
import { createKeyRing } from "./verification/key-ring.ts";
import { createSealing } from "./verification/sealing.ts";
import { createVerifications } from "./verification/service.ts";
import { createWebhooks } from "./webhooks/index.ts";

export type { App, AppOptions } from "./app-options.ts";

/** At the stop the relay hands on what waits within this time. */
const drainEventsMs = 2000;

/** Builds a gateway; nothing listens and nothing rings before `start`. */
export async function buildApp(start: Config, options: AppOptions): Promise<App> {
  const liveConfig = createLiveConfig(start);
  const config = liveConfig.view;
  const { logger, clock = systemClock, random = cryptoRandom, sandbox = false, tracing = null, peers = null } = options;
  const store = createStore({
    ...{ redis: config.redis, reputation: config.caller_id_reputation, events: config.events, clock, logger, tracing },
    cursors: config.records.url === "off" ? ["live"] : ["live", "records"],
  });
  tracing?.verifications.useStore(store.traces);
  const hmacKey = config.secrets.hmac_key;
  const sealing = createSealing(random, hmacKey, config.secrets.sealing_key);
  const apps = createAppDirectory({ configured: start.apps, sealing, clock });
  const bus = createBus<GatewayEvents>(clock, random, (err) => logger.error({ err }, "event listener threw"));
  const { publish } = bus;
  const watchedSounds = config.voice === undefined ? [] : allSounds;
  const telephony = tracedCalls(
    createTelephony({
      sipTagKey: createKeyRing("sip tags", config.secrets.hmac_key).current.key,
      ...(config.sip === undefined ? {} : { openInvites: store.openInvites(sealing) }),
      ...{ config, apps, admission: store.admission, watchedSounds, clock, random, logger },
      ...{ sharedRegistrations: peers?.registrations ?? null, endedProcesses: peers?.endedProcesses ?? null },
      networks: { known: (e164) => numberParts.networks.known(e164) },
      sipCall: noteCanaryCalls(liveConfig.now, store.canaryArrivals(sealing), logger),
    }),
    tracing,
  );
  const metrics = createMetrics(
    {
      ...{ metadata: numberingMetadata, hangUps: () => store.hangUps.counts },
      ...{ liveCalls: () => telephony.dialer.liveCalls, overloadLimit: () => telephony.overloadLimit() },
      ...{ paths: () => telephony.paths(), asterisks: () => telephony.asterisks() },
      ...{ braked: () => telephony.brakes.braked(), callerIds: () => reputation.status() },
      ...{ trunks: () => operations.status(), outOfService: () => operations.outOfService() },
      ...{ redisMemory: () => store.memory(), outbox: () => store.outboxes.status() },
      ...{ records: () => records.state(), webhooks: () => webhooks.state(), eventStreams: () => live.open },
      ...{ networks: () => numberParts.networks.status(), sip: () => telephony.sip() },
    },
    logger,
  );
  const cdrModule = createCdrModule(config.records, logger);
  const records = createDurableRecords({
    ...{ config: config.records, leases: store.leases, metrics: metrics.records, clock, random, logger },
    features: () => [
      webhookRecords(config.records.retention),
      ...auditFeatures(config.records),
      ...subjectFeatures(config),
      ...cdrModule.features,
      ...guardFeatures(config.records),
    ],
  });
  const isRecording = records.state().backend !== null;
  const auditRecords = isRecording ? createAuditRecords(records) : null;
  const audit = createAudit({ queue: store.audit, records: auditRecords, clock, random, logger });
  const { files, ...ownReload } = createConfigReload({
    ...{ live: liveConfig, load: options.loadConfig, watched: options.watchedFiles, apps, audit, clock, logger },
    prepare: (next) => numberParts.prepare(next),
    problemsOfWorkflow: (path, profile) => verifications.problemsOfWorkflow(path, profile),
    applied(merged) {
      proofs.reload(merged.proofs);
      telephony.reloadSip(merged);
      numberParts.configure(merged);
    },
  });
  const outages = auditedOutages(store.outages, audit);
  const operations = createOperations({ config, telephony, outages, clock, logger });
  bus.subscribe(metrics.count);
  bus.subscribe(brakeFeed(telephony.brakes));
  if (options.onEvent) bus.subscribe(options.onEvent);
  if (tracing !== null)
    bus.subscribe(
      ({ type, data }) => type === "verification.started" && tracing.verifications.remember(data.verification),
    );
  const numberParts = createNumberIntelligence({
    ...{ now: liveConfig.now, apps, store, observers: metrics, clock, random, logger },
    channelOf: (name) => verifications.channels.find(name),
    liveCheck: { check: (ask) => liveCheck.check(ask) },
  });
  const { numbers, lookup, networks, health } = numberParts;
  const callerIds = createCallerIdPool(config.ranges, random);
  const reputation = createCallerIdReputation({
    store: store.reputation,
    pool: callerIds,
    ranges: Object.keys(config.ranges),
    alarmUnavailablePercent: config.caller_id_reputation.alarm_unavailable_percent,
    hash: createHashes(hmacKey).presented,
    ...{ batchTimer: store.batchTimer, clock, publish, logger },
  });
  const deciding = createDeciding({
    ...{ config, now: liveConfig.now, apps, store, records: isRecording ? records : null, channels: () => channels },
    ...{ health: health.rule, observer: metrics.guard, audit, clock, random, logger },
  });
  const { guard, optOuts } = deciding;
  const { channels, plugins } = createChannels({
    ...{ config, apps, store, telephony, callerIds, reputation, networks, optOuts, publish, tracing },
    ...{ extra: options, clock, random, logger },
  });
  const liveCheck = createLiveChecks({
    ...{ config, apps, store, telephony, callerIds, reputation, guard: guard.guard, networks, health, hmacKey },
    ...{ metrics: metrics.liveChecks, clock, random, logger },
  });
  const settings = {
    ...{ verification: config.verification, apps: apps.size },
    onApps: (changed: (count: number) => void) => apps.onChange(() => changed(apps.size)),
  };
  const verificationStore = store.verifications(settings, channels);
  const verifications = createVerifications({
    guard: guard.guard,
    settings: config.verification,
    channels,
    ...{ numbers, networks, suggest: lookup.suggest },
    store: verificationStore,
    batchTimer: store.batchTimer,
    hmacKey,
    keys: { code: config.secrets.code_key, sealing: config.secrets.sealing_key },
    appWorkflows: Object.fromEntries(apps.names().map((name) => [`apps.${name}.workflow`, apps.profileOf(name)])),
    profileOf: apps.profileOf,
    keepsSession: config.proofs !== undefined,
    ...{ clock, random, publish, logger },
  });
  const proofs = createProofs({
    ...{ config: config.proofs, store: store.proofs, channels: verifications.channels.all },
    ...{ sealing, hashes: createHashes(hmacKey), clock, logger },
  });
  const webhooks = createWebhooks({
    ...{ config: config.webhooks, queue: store.webhookQueue, mirror: store.webhookMirror, outbox: store.outboxes },
    store: createWebhookStore(records),
    sealing,
    ...{ isRecording, audit, observer: metrics.webhooks, clock, random, logger, tracing },
  });
  const events = createEvents({
    ...{ outboxes: store.outboxes, streams: store.streams, history: verificationStore },
    channels: verifications.channels.all,
    live: [webhooks.sink, optOuts.sink((name) => verifications.channels.find(name)?.contacts !== false), health.sink],
    records: records.sink === null ? [] : [records.sink],
    counts: metrics.relay,
    ...{ tracing, clock, logger },
  });
  const live = createLiveStreams({
    ...{ streams: events.streams, history: events.history, verifications, limits: config.events },
    ...{ clock, random, logger },
  });
  const watches = createWatches({
    ...{ braked: telephony.brakes.braked, paths: telephony.paths, clock, logger },
    alarm: (change) => store.outboxes.publish("guard.alarm", change, null),
    updated: (change) => store.outboxes.publish("trunk.updated", change, null),
  });
  const cdr = cdrModule.open({
    ...{ records, verifications, numbers, networks, live: verificationStore, hashes: createHashes(hmacKey) },
    ...{ channels: verifications.channels.all, maxChecks: config.verification.max_checks },
    apps: apps.owners,
  });
  const keptApps = createKeptApps({
    ...{ directory: apps, store: createAppStore(records), mirror: store.appMirror, isRecording, audit },
    problemsOf: (name, profile) => [
      ...problemsOfProfile(name, profile, config),
      ...verifications.problemsOfWorkflow("workflow", profileOf(profile)),
    ],
    removeRest: webhooks.removeAll,
    keptDays: Math.max(...Object.values(config.records.retention)),
    ...{ clock, random, logger },
  });
  store.onConnected(keptApps.reconnected);
  const subjectRecords = createSubjectRecords(records);
  const subjects = createPersonalData({
    ...{ index: store.subjects, verifications, audit, clock },
    stores: [
      ...store.eventSubjects(apps.owners),
      ...deciding.subjects,
      ...numberParts.subjects,
      ...webhooks.subjects,
      ...(isRecording ? [cdr.subjects, ...subjectRecords.stores] : []),
    ],
    findVerifications: isRecording ? subjectRecords.findVerifications : null,
  });
  const views = viewsOfAll(peers, { metrics, reload: ownReload, traces: telephony.traces });
  let draining = false;
  const { promise: started, resolve: begin } = deferred<void>();
  const server = await buildServer({
    ...{ optOuts: { ...optOuts, audit, identify: verifications.identify } },
    ...{ proofs, startTokenUses: store.startTokenUses, random },
    ...{ config, apps, keptApps, verifications, channels: verifications.channels.all, numbers, lookup, live, started },
    ...{ operations, scrubs: numberParts.scrubs, audit, subjects, webhooks, cdr, guard, ...views },
    ...{ logger, clock, tracing, sandbox, extraPlugins: [...(options.extraPlugins ?? []), ...plugins] },
    async readiness() {
      const waiting = events.status().catch(() => []);
      const [redis, status, backlog] = await Promise.all([store.ping(), operations.status(), waiting]);
      const channels = verifications.health();
      const delivers = status.some((trunk) => trunk.reachable) || channels.some(({ up }) => up);
      const { backend, up } = records.state();
      const ready = redis && delivers && !draining;
      return { ready, redis, trunks: status, draining, channels, records: { backend, up }, events: backlog };
    },
  });

  async function startParts(): Promise<void> {
    await store.firstTried();
    // Before Asterisk: a gateway that may not record here must not take the ARI application from the one that may.
    await records.start();
    await numberParts.start();
    const listening = store.hangUps.listen((callId) => telephony.dialer.cancel(callId));
    await Promise.all([telephony.start(), verifications.startChannels(), keptApps.load(), guard.load(), listening]);
  }

  return {
    channels: verifications.channels.usable.map(({ name }) => name),
    async start() {
      // The port first: a second gateway that cannot have it must not take the ARI application from the one that has.
      const url = await server.listen({ host: config.http.host, port: config.http.port });
      // Requests wait for the first attempt to connect: otherwise the first start is refused just before Redis is connected.
      await startParts().finally(() => begin());
      verifications.startDueWatch();
      const parts = [events, webhooks, watches, keptApps, deciding, audit, files];
      await Promise.all(parts.map((part) => part.start()));
      return { url };
    },
    reload: views.reload.reload,
    async stop() {
      draining = true;
      begin();
      server.startDraining();
      // Load balancers must see that it is not ready before connections are refused.
      const lingered = new Promise<void>((resolve) => clock.after(config.http.shutdown_linger_ms, resolve));
      await Promise.all([verifications.drain(config.calls.drain_ms), liveCheck.drain(), lingered]);
      // What the last calls reported must be in Redis before its connection goes.
      await verifications.settled();
      await server.close();
      verifications.stop();
      files.stop();
      watches.stop();
      keptApps.stop();
      // What ended last is told by this gateway, or where that takes too long by another one.
      await events.stop(drainEventsMs);
      await webhooks.stop();
      await deciding.stop();
      await numberParts.stop();
      await telephony.stop();
      await audit.stop();
      await records.stop();
      await store.close();
      await tracing?.stop();
    },
  };
}
