/** Metrics of the SMS routes. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { GatewayEvents } from "../events/events.ts";

type SmsEvent = Extract<keyof GatewayEvents, `sms.${string}`>;

/** Names of the specification, codes of the carrier's own (SMPP v3.4 §5.1.3: 0x400 to 0x4FF), HTTP's classes; no others: the set is closed. */
const knownStatus = /^(ESME_[A-Z_]+|0x000004[0-9a-f]{2}|[a-z][a-z_]{1,30}|\d{3})$/;

/** @returns what counts each event of SMS routes */
export function addSmsMetrics(registry: Registry): { readonly [T in SmsEvent]: (data: GatewayEvents[T]) => void } {
  const registers = [registry];
  const submitted = new Counter({
    name: "onering_sms_submitted_total",
    help: "Submits to SMS carriers, one for each part of a message, by the carrier's answer; `no_answer`: the message may have been sent.",
    labelNames: ["route", "status"] as const,
    registers,
  });
  const dropped = new Counter({
    name: "onering_sms_dropped_total",
    help: "What came from SMS carriers and changed no delivery: messages from phones, unreadable receipts, receipts that could not be stored, responses after their deadline.",
    labelNames: ["route", "what"] as const,
    registers,
  });
  const bound = new Gauge({
    name: "onering_sms_bind_up",
    aggregator: "min",
    help: "1 while this gateway's SMPP bind is up.",
    labelNames: ["route", "bind"] as const,
    registers,
  });
  return {
    "sms.submitted": ({ route, status }) =>
      submitted.inc({ route, status: knownStatus.test(status) ? status : "other" }),
    "sms.dropped": ({ route, what }) => dropped.inc({ route, what }),
    "sms.bind_changed": ({ route, bind, up }) => bound.set({ route, bind }, Number(up)),
  };
}
