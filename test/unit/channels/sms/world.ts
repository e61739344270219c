/** A route over SMPP to a stand-in SMSC, with counting in memory. */
import pino from "pino";
import { expect, onTestFinished, vi } from "vitest";
import type { Receipt } from "../../../../src/channels/messages/provider-port.ts";
import type { MessageAdmission } from "../../../../src/channels/sms/admission-port.ts";
import type { SmsEvents } from "../../../../src/channels/sms/events.ts";
import type { MessageParts, PartReport } from "../../../../src/channels/sms/parts-port.ts";
import type { SmsMessage, SmsRoute } from "../../../../src/channels/sms/route-port.ts";
import type { SmppBindConfig, SmppConfig } from "../../../../src/channels/sms/smpp/config.ts";
import { createSmppRoute } from "../../../../src/channels/sms/smpp/route.ts";
import {
  type Smsc,
  type SmscDecision,
  type SmscMessage,
  type SmscOptions,
  startSmsc,
} from "../../../../src/sandbox/providers/smsc.ts";
import { type Clock, systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { Recorder } from "../../../support/smpp/recorder.ts";

export const password = "Pa55-w0rd";
export const phone = "+447700900123";
export const text = "Your code is 8349027461";

export const order = { app: "shop", to: phone, country: "GB", text, locale: "en", sender: "ACME" };
export const message: SmsMessage = { ...order, deliveryId: "d-1", validityMs: 600_000 };

export function bindTo(port: number, changed: Partial<SmppBindConfig> = {}): SmppBindConfig {
  return {
    ...{ host: "127.0.0.1", port, system_id: "onering", password, system_type: "", address_range: "" },
    tls: { enabled: false, verify: true },
    ...{ messages_per_second: 1000, window: 10, alphabet: "gsm7", default_data_coding: 0, concatenation: "udh_8bit" },
    ...changed,
  };
}

export function smppConfig(binds: SmppConfig["binds"], changed: Partial<SmppConfig> = {}): SmppConfig {
  return {
    ...{
      binds,
      tlvs: [],
      service_type: "",
      receipts: true,
      receipt_ids: "auto",
      receipt_errors: {},
      status_reasons: {},
    },
    ...{ validity: "relative", max_queue_ms: 1000, response_timeout_ms: 5000, bind_timeout_ms: 10_000 },
    enquire_link_ms: 30_000,
    ...changed,
  };
}

/** There is one app. */
export const alone = () => ({ weight: 1, shares: false });

/** Counts nothing: every turn is now, on the first bind that is offered. */
export const freeAdmission: MessageAdmission = {
  reserve: async () => ({ kind: "taken", bind: 0, waitMs: 0 }),
  giveBack: async () => undefined,
};

/** As src/redis/message-parts-store.ts. */
export function partsInMemory(): MessageParts {
  const groups = new Map<string, { group: string; parts: number }>();
  const states = new Map<string, Map<string, "delivered" | "failed">>();
  const early = new Map<string, PartReport>();
  return {
    async join(group, ids) {
      for (const id of ids) groups.set(id, { group, parts: ids.length });
      return ids.map((id) => early.get(id) ?? null);
    },
    async groupOf(id, report) {
      const found = groups.get(id) ?? null;
      if (found === null && !early.has(id)) early.set(id, report);
      return found;
    },
    async settle(group, parts, id, state) {
      const own = states.get(group) ?? new Map();
      states.set(group, own);
      if (!own.has(id)) own.set(id, state);
      if ([...own.values()].includes("failed")) return "failed";
      return own.size >= parts ? "delivered" : "open";
    },
  };
}

export interface World {
  readonly smsc: Smsc;
  readonly recorder: Recorder | null;
  readonly route: SmsRoute;
  /** What phones show. */
  readonly messages: readonly SmscMessage[];
  readonly receipts: readonly Receipt[];
  readonly events: readonly (readonly [keyof SmsEvents, unknown])[];
  /** Every line of the log. */
  readonly log: readonly string[];
  decide(decision: SmscDecision | ((number: number) => SmscDecision)): void;
  /** Whether receipts are dealt with. */
  answerReceipts(dealtWith: boolean): void;
  send(
    changed?: Partial<SmsMessage>,
  ): ReturnType<Extract<Awaited<ReturnType<SmsRoute["reserve"]>>, { segments: number }>["submit"]>;
}

export interface WorldOptions {
  readonly clock?: Clock;
  readonly smsc?: Partial<SmscOptions>;
  readonly bind?: Partial<SmppBindConfig>;
  readonly config?: Partial<SmppConfig>;
  readonly admission?: MessageAdmission;
  readonly parts?: MessageParts;
  /** Records what goes over the wire. */
  readonly through?: (port: number) => Promise<Recorder>;
}

/** Of the test that runs; the last one first. */
export function atEnd(end: () => Promise<unknown>): void {
  onTestFinished(async () => {
    await end();
  });
}

/** A started SMSC and a route with one bind to it, not yet started. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { clock = systemClock } = options;
  const messages: SmscMessage[] = [];
  let decide: (number: number) => SmscDecision = () => ({ answer: 0 });
  let submits = 0;
  const smsc = await startSmsc({
    ...{ systemId: "onering", password, clock: systemClock },
    decide: () => {
      submits += 1;
      return decide(submits);
    },
    onMessage: (one) => messages.push(one),
    ...options.smsc,
  });
  atEnd(() => smsc.close());
  const recorder = (await options.through?.(smsc.port)) ?? null;
  if (recorder !== null) atEnd(() => recorder.close());
  const log: string[] = [];
  const receipts: Receipt[] = [];
  const events: (readonly [keyof SmsEvents, unknown])[] = [];
  let dealtWith = true;
  const route = createSmppRoute({
    name: "acme",
    config: smppConfig({ a: bindTo(recorder?.port ?? smsc.port, options.bind) }, options.config),
    admission: options.admission ?? freeAdmission,
    shareOf: alone,
    messageParts: options.parts ?? partsInMemory(),
    publish: (...[type, data]) => void events.push([type, data]),
    ...{ clock, random: cryptoRandom },
    logger: pino({ level: "trace" }, { write: (line: string) => void log.push(line) }),
  });
  route.onReceipt(async (receipt) => {
    receipts.push(receipt);
    return dealtWith;
  });
  atEnd(() => route.stop(0));
  return {
    ...{ smsc, recorder, route, messages, receipts, events, log },
    decide(decision) {
      decide = typeof decision === "function" ? decision : () => decision;
    },
    answerReceipts(value) {
      dealtWith = value;
    },
    async send(changed = {}) {
      const place = await route.reserve({ ...order, ...changed });
      if ("none" in place) throw new Error(`no place: ${place.none}`);
      return place.submit({ ...message, ...changed });
    },
  };
}

export async function openBound(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.route.start();
  expect(world.route.health()).toEqual({ up: true, detail: "acme.a bound" });
  return world;
}

export const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });
