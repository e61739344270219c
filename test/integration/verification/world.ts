/**
 * The verification service on a real Redis, with the real pool of caller IDs. Telephony is scripted: its dialer only
 * writes down what it was asked, and the test tells what becomes of each call. Time stands still until the test moves it.
 */
import { pino } from "pino";
import { expect } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import { type AppProfile, standardProfile } from "../../../src/apps/profile.ts";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import { createCallerIdReputation } from "../../../src/caller-ids/reputation.ts";
import { callIn } from "../../../src/channels/call-in/index.ts";
import { missedCall } from "../../../src/channels/missed-call/index.ts";
import { voice } from "../../../src/channels/voice/index.ts";
import type { Config } from "../../../src/config/schema.ts";
import { createBus } from "../../../src/events/bus.ts";
import type { GatewayEvent, GatewayEvents } from "../../../src/events/events.ts";
import type { Networks } from "../../../src/numbers/networks/ports.ts";
import type { Numbers } from "../../../src/numbers/ports.ts";
import { createStore } from "../../../src/redis/index.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { TrunkCall } from "../../../src/telephony/calls/inbound.ts";
import type { Call, CallObserver, CallResult, Dialer } from "../../../src/telephony/calls/ports.ts";
import type {
  ChannelSlot,
  ChannelSlots,
  NoChannelSlot,
  NoSlotReason,
} from "../../../src/telephony/trunks/slots-port.ts";
import type { ChannelModule } from "../../../src/verification/channel-port.ts";
import type { Guard } from "../../../src/verification/guard-port.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { createVerifications } from "../../../src/verification/service.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/test-config.ts";

const defaults = testConfig();
export const settings = defaults.verification;
export const careSettings = defaults.caller_id_reputation;

export const longestCallMs = 30_000;
export const secondCallGapMs = 3000;
/** Reserved for drama by Ofcom: nobody's number. */
export const callee = "+447700900123";
export const shop = appIdentity("shop");
export const bank = appIdentity("bank");
export const hmacKey = "a key that only this test has, of 32 characters and more";

/** One call that the service placed, to be told how it goes. */
export interface PlacedCall extends Call, Required<CallObserver> {
  readonly code: string;
}

export interface WorldOptions {
  readonly redis: Config["redis"];
  readonly settings?: Partial<Config["verification"]>;
  readonly reputation?: Partial<Config["caller_id_reputation"]>;
  readonly ranges?: Config["ranges"];
  readonly clock?: ManualClock;
  /** Of the outbox of events and its relay. */
  readonly events?: Parameters<typeof createStore>[0]["events"];
  readonly cursors?: Parameters<typeof createStore>[0]["cursors"];
  /** Verifications live by Redis' own clock, as in production; `clock` is then the gateway's alone. */
  readonly redisTime?: boolean;
  /** Numbers of ours that callees may call. */
  readonly callInNumbers?: readonly string[];
  /** With the channel voice, whose Asterisk has English sounds. */
  readonly voice?: Config["voice"];
  /** How many apps share the limits of a callee. */
  readonly apps?: number;
  readonly extraChannels?: readonly ChannelModule[];
  /** What an app may use; by default the standard profile. */
  readonly profile?: Partial<AppProfile>;
  /** What is said of how long a call goes on; by default `longestCallMs`. */
  readonly remainingMs?: Dialer["remainingMs"];
  /** By default every delivery is allowed. */
  readonly guard?: Guard;
  /** By default no network is known. */
  readonly networks?: Networks;
  /** What other gateways ask of its calls is lost. */
  readonly losesHangUps?: true;
}

export type World = ReturnType<typeof createWorld>;

export function createWorld(options: WorldOptions) {
  const clock = options.clock ?? manualClock();
  const ranges = options.ranges ?? { block: { prefix: "+4420794", digits: 6 } };
  const placed: PlacedCall[] = [];
  const canceled: string[] = [];
  const events: GatewayEvent[] = [];
  const logLines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void logLines.push(line) });
  const all = { ...settings, ...options.settings };
  const reputation = { ...careSettings, ...options.reputation };
  const digits = Object.values(ranges)[0]?.digits ?? 4;
  let noTrunk: NoSlotReason | null = null;
  const apps = { size: options.apps ?? 1 };
  const appsChanged: ((count: number) => void)[] = [];

  const dialer: Dialer = {
    longestCallMs,
    remainingMs: options.remainingMs ?? { calling: longestCallMs, ringing: longestCallMs },
    limitsOf: () => ({ longestCallMs, remainingMs: dialer.remainingMs }),
    place: (call, observer) => {
      slotsHeld--;
      placed.push({
        ...call,
        code: call.callerId.slice(-digits),
        calling: () => observer.calling(),
        ringing: () => observer.ringing(),
        answered: (answered) => observer.answered?.(answered),
        ended: (result) => observer.ended(result),
      });
    },
    cancel: (callId) => void canceled.push(callId),
    liveCalls: 0,
    drain: async () => undefined,
  };
  /** ChannelSlots that were taken and neither given back nor used for a call. */
  let slotsHeld = 0;
  const take = (own: readonly string[] | null = null): ChannelSlot | NoChannelSlot => {
    if (noTrunk) return { none: noTrunk, retryAfterMs: noTrunk === "no_route" ? null : 1000 };
    slotsHeld++;
    return { leaseId: "l", trunk: "carrier", asterisk: "main", ranges: own ?? Object.keys(ranges), waitMs: 0 };
  };
  const slots: ChannelSlots = {
    reserve: async (_callee, _app, _needs, own) => take(own),
    reserveAnother: async () => take(),
    preview: () => ({ trunk: "carrier", asterisk: "main", ranges: Object.keys(ranges) }),
    release: async () => void slotsHeld--,
  };
  const store = createStore({
    ...{ redis: options.redis, reputation, clock, testTime: options.redisTime !== true, logger },
    ...(options.events && { events: options.events }),
    ...(options.cursors && { cursors: options.cursors }),
  });
  const callerIds = createCallerIdPool(ranges, cryptoRandom);
  const bus = createBus<GatewayEvents>(clock, cryptoRandom, (error) => logger.error({ error }, "listener"));
  const { publish } = bus;
  bus.subscribe((event) => void events.push(event));
  const callerIdReputation = createCallerIdReputation({
    store: store.reputation,
    pool: callerIds,
    ranges: Object.keys(ranges),
    alarmUnavailablePercent: reputation.alarm_unavailable_percent,
    hash: createHashes(hmacKey).presented,
    ...{ batchTimer: store.batchTimer, clock, publish, logger },
  });
  let receiveCall: (call: TrunkCall) => void = () => undefined;
  const channels = [
    missedCall({
      ...{ callerIds, slots, dialer, hangUps: store.hangUps, publish, reputation: callerIdReputation },
      apps,
      config: {
        verification: all,
        calls: { second_call_gap_ms: secondCallGapMs, ring_ms: 5000, setup_limit_ms: 20_000 },
        ranges,
      },
    }),
    callIn({
      config: { numbers: [...(options.callInNumbers ?? [])], number_cooldown_seconds: 600 },
      onInbound: (receiver) => {
        receiveCall = receiver;
      },
      publish,
    }),
    ...(options.voice
      ? [
          voice({
            ...{ callerIds, hangUps: store.hangUps, publish, reputation: callerIdReputation },
            telephony: {
              ...{ slots, dialer },
              asterisks: () => [["main", true]],
              media: () => ({ languagesOf: () => new Set(["en"]) }),
            },
            config: { voice: options.voice, calls: { setup_limit_ms: 20_000 }, messages: {}, verification: all },
          }),
        ]
      : []),
    ...(options.extraChannels ?? []),
  ];
  const verificationStore = store.verifications(
    { verification: all, apps: apps.size, onApps: (changed) => void appsChanged.push(changed) },
    channels,
  );
  const verifications = createVerifications({
    ...{ numbers, channels, clock, logger, publish, hmacKey },
    settings: all,
    store: verificationStore,
    batchTimer: store.batchTimer,
    random: cryptoRandom,
    ...(options.guard && { guard: options.guard }),
    ...(options.networks && { networks: options.networks }),
    profileOf: () => ({ ...standardProfile, ...options.profile }),
  });

  const lastCall = (): PlacedCall => {
    const call = placed.at(-1);
    if (!call) throw new Error("no call was placed");
    return call;
  };

  return {
    ...{
      clock,
      placed,
      canceled,
      events,
      logLines,
      logger,
      store,
      verificationStore,
      verifications,
      slots,
      lastCall,
      callerIdReputation,
    },
    redis: options.redis,
    /** A call comes in and is refused. */
    receiveInbound: (call: TrunkCall) => receiveCall(call),
    slotsHeld: () => slotsHeld,
    /** From now on no trunk can be had. */
    loseTrunks: (why: NoSlotReason) => {
      noTrunk = why;
    },
    /** Lets the last call ring and end, as most do. */
    async ringOut(call = lastCall()) {
      call.calling();
      call.ringing();
      call.ended(result({ outcome: "rang", alerted: true }));
      await verifications.settled();
    },
    /** Lets the first of two calls ring and end, and the second one be placed. */
    async ringFirst() {
      await this.ringOut();
      const before = placed.length;
      clock.advance(secondCallGapMs);
      await expect.poll(() => placed.length).toBe(before + 1);
    },
    /** From now on there are so many apps. */
    setApps(count: number) {
      apps.size = count;
      for (const changed of appsChanged) changed(count);
    },
    /** Resolves when Redis is connected. */
    async ready() {
      await store.firstTried();
      while (!(await store.ping())) await new Promise((resolve) => setImmediate(resolve));
      if (!options.losesHangUps) await store.hangUps.listen((callId) => dialer.cancel(callId));
    },
    async close() {
      verifications.stop();
      await store.close();
    },
  };
}

export function result(known: Pick<CallResult, "outcome" | "alerted"> & Partial<CallResult>): CallResult {
  const unknown = { postDialDelayMs: null, ringMs: null, sipStatus: null, q850Cause: null };
  return {
    ...unknown,
    progress: false,
    networkBlocked: false,
    redressUrl: null,
    endedBy: "us",
    source: "events",
    falseAnswer: false,
    silent: false,
    inviteOver: false,
    attempts: [],
    ...known,
  };
}

/** A code of the same length that is not this one. */
export function wrongCode(code: string): string {
  return code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);
}

/** What `promise` is refused with; fails where it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<{ code: string; retryAfterMs: number | null }> {
  try {
    await promise;
  } catch (error) {
    const { code, retryAfterMs } = error as { code: string; retryAfterMs: number | null };
    if (code === undefined) throw error;
    return { code, retryAfterMs };
  }
  throw new Error("was not refused");
}

/** Numbers are judged elsewhere; here every British number in E.164 may be called. */
const numbers: Numbers = {
  examine: (input) => ({
    input,
    e164: input,
    valid: true,
    possible: true,
    type: "mobile",
    country: "GB",
    national: null,
    international: null,
    rfc3966: null,
    callable: input.startsWith("+44"),
    refusal: input.startsWith("+44") ? null : { code: "number_invalid", detail: "not a number", cause: "not_a_number" },
  }),
};
