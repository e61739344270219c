/** A route over SMPP: the binds to one SMSC, and how one message goes over them. */
import type { Logger } from "pino";
import { type Clock, steadyClock, stopwatch } from "../../../shared/clock.ts";
import { LatestMap } from "../../../shared/latest-map.ts";
import type { Publish } from "../../../shared/publish.ts";
import type { Random } from "../../../shared/random.ts";
import type { MessageAdmission } from "../admission-port.ts";
import type { SmsEvents } from "../events.ts";
import type { MessageParts } from "../parts-port.ts";
import type { SmsAnswer, SmsMessage, SmsRoute } from "../route-port.ts";
import { Bind } from "./bind.ts";
import type { SmppConfig } from "./config.ts";
import { targetOf } from "./connect.ts";
import { canonicalError } from "./receipt.ts";
import { RouteReceipts } from "./receipts.ts";
import { sendParts } from "./send.ts";
import { meaningOf, type StatusReasons } from "./status.ts";
import { submitsOf } from "./submit.ts";
import { type EncodedText, encodeText } from "./text.ts";
import { createTlvs } from "./tlvs.ts";
import { createTurns, type RouteBind, type ShareOf, type Turn } from "./turns.ts";

export interface SmppRouteParts {
  readonly name: string;
  readonly config: SmppConfig;
  readonly admission: MessageAdmission;
  readonly shareOf: ShareOf;
  readonly messageParts: MessageParts;
  readonly publish: Publish<SmsEvents>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Of a text: submits that it takes, and messages that the phone's network carries. */
interface Size {
  readonly parts: number;
  readonly segments: number;
}

const mostSizes = 500;

export function createSmppRoute(parts: SmppRouteParts): SmsRoute {
  const { name, config, admission, publish, random, logger } = parts;
  const clock = steadyClock(parts.clock);
  const statusReasons: StatusReasons = new Map(
    Object.entries(config.status_reasons).map(([status, reason]) => [Number(status), reason]),
  );
  const dropped = (what: SmsEvents["sms.dropped"]["what"]) => publish("sms.dropped", { route: name, what });
  const receipts = new RouteReceipts({
    route: name,
    idForm: config.receipt_ids,
    errors: new Map(Object.entries(config.receipt_errors).map(([code, reason]) => [canonicalError(code), reason])),
    store: parts.messageParts,
    dropped,
  });
  const binds = Object.entries(config.binds).map(([key, own]) => ({
    config: own,
    limits: { name: `${name}.${key}`, messagesPerSecond: own.messages_per_second },
    bind: new Bind({
      name: `${name}.${key}`,
      target: targetOf(own),
      bindTimeoutMs: config.bind_timeout_ms,
      responseTimeoutMs: config.response_timeout_ms,
      enquireLinkMs: config.enquire_link_ms,
      window: own.window,
      isThrottle: (status) => status !== 0 && meaningOf(status, statusReasons).pause,
      incoming: (pdu) => receipts.incoming(pdu),
      late: () => dropped("late_response"),
      changed: (up) => publish("sms.bind_changed", { route: name, bind: key, up }),
      ...{ clock, random, logger },
    }),
  }));
  const turns = createTurns({
    ...{ admission, shareOf: parts.shareOf },
    ...{ maxQueueMs: config.max_queue_ms, clock, logger },
  });
  const tlvsOf = createTlvs(config.tlvs);
  let reference = random.below(0x10000);

  async function send(message: SmsMessage, turn: Turn): Promise<SmsAnswer> {
    reference = (reference + 1) % 0x10000;
    const own = reference;
    const tlvs = tlvsOf(message.app, message.locale);
    const recipient = message.to.slice(1);
    let drawn: string | undefined;
    const group = () => {
      drawn ??= random.bytes(12).toString("base64url");
      return drawn;
    };
    const answer = await sendParts(turn, {
      submits: (over) => submitsOf(message, encode(over, message.text), settingsOf(over), own, tlvs),
      taken: (id, of) => receipts.answered(id, recipient, of, group),
      startLimitMs: config.max_queue_ms + config.response_timeout_ms,
      passedMs: stopwatch(parts.clock),
      ...{ route: name, app: message.app, binds, turns, statusReasons, publish, clock, logger },
    });
    if (answer.kind !== "taken") return answer;
    return { kind: "taken", receiptId: config.receipts ? await receipts.taken(answer.ids, group) : null };
  }

  const settingsOf = ({ config: own }: RouteBind) => ({
    serviceType: config.service_type,
    concatenation: own.concatenation,
    receipts: config.receipts,
    validity: config.validity,
  });

  /** Reservations are made for samples, which are few: one for each app, language and length of code. */
  const sizes = new Map(binds.map((over) => [over, new LatestMap<string, Size>(mostSizes)]));

  function sizeOf(over: RouteBind, text: string): Size {
    const own = sizes.get(over as (typeof binds)[number]);
    const known = own?.get(text);
    if (known !== undefined) return known;
    const { parts, segments } = encode(over, text);
    const size = { parts: parts.length, segments };
    own?.set(text, size);
    return size;
  }

  return {
    name,
    submitLimitMs: config.max_queue_ms + 2 * config.response_timeout_ms,
    segmentsOf: (text) => Math.max(...binds.map((over) => sizeOf(over, text).segments)),
    async reserve({ app, text }) {
      const [first] = binds;
      if (first === undefined) throw new Error("a route without binds");
      const turn = await turns.take(binds, app, sizeOf(first, text).parts);
      if ("none" in turn) return turn;
      return {
        // Another bind may read another alphabet.
        segments: sizeOf(turn.over, text).segments,
        submit: (message) => send(message, turn),
        release: () => turns.end(turn, turn.messages),
      };
    },
    onReceipt: (receiver) => receipts.onReceipt(receiver),
    onText: (receiver) => receipts.onText(receiver),
    health: () => ({
      up: binds.some(({ bind }) => bind.up),
      get detail() {
        return binds.map(({ bind, limits }) => `${limits.name} ${bind.detail}`).join(", ");
      },
    }),
    async start() {
      await Promise.all(binds.map(({ bind }) => bind.start()));
    },
    async stop(graceMs) {
      await Promise.all(binds.map(({ bind }) => bind.stop(graceMs)));
    },
  };
}

function encode({ config }: RouteBind, text: string): EncodedText {
  return encodeText(text, {
    alphabet: config.alphabet,
    defaultDataCoding: config.default_data_coding,
    concatenation: config.concatenation,
  });
}
