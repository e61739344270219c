/** A record in JSON and CSV, as the API and exports give it. */
import { csvText } from "../shared/spreadsheet.ts";
import { rfc3339 } from "../verification/representation.ts";
import type { Cdr } from "./rows.ts";

/** One call attempt. */
export interface CdrAttempt {
  readonly trunk: string;
  readonly asterisk: string;
  readonly outcome: string;
  readonly post_dial_delay_ms: number | null;
}

type Cell = string | number | boolean | null | readonly string[] | readonly CdrAttempt[];
export type CdrBody = Readonly<Record<(typeof columns)[number], Cell>>;

/** In the order of the CSV file. New ones are added at the end: programs may read it by position. */
export const columns = [
  ...["verification", "number", "app", "channel", "to", "country", "prefix", "network"],
  ...["trunk", "asterisk", "range", "caller_ids", "route", "segments", "attempts"],
  ...["outcome", "alerted", "post_dial_delay_ms", "ring_ms", "answered", "talk_ms", "false_answer"],
  ...["sip_status", "q850", "ended_by", "source"],
  ...[
    "state",
    "reason",
    "delivered",
    "verified",
    "status",
    "checks_used",
    "cost",
    "guard_decision",
    "test",
    "reference",
  ],
  ...["started_at", "ended_at", "verification_started_at", "verification_ended_at"],
] as const;

export function cdrBody(cdr: Cdr): CdrBody {
  const { verification, number, app, channel, to, country, prefix, network, trunk, asterisk, range } = cdr;
  const { route, segments, outcome, alerted, answered, q850, source, state, reason, delivered, verified } = cdr;
  return {
    ...{ verification, number, app, channel, to, country, prefix, network, trunk, asterisk, range },
    ...{ caller_ids: cdr.callerIds, route, segments },
    attempts: cdr.invites.map(([trunk, asterisk, outcome, delayMs]) => {
      return { trunk, asterisk, outcome, post_dial_delay_ms: delayMs };
    }),
    ...{ outcome, alerted, post_dial_delay_ms: cdr.postDialDelayMs, ring_ms: cdr.ringMs, answered },
    ...{ talk_ms: cdr.talkMs, false_answer: cdr.falseAnswer, sip_status: cdr.sipStatus, q850 },
    ...{ ended_by: cdr.endedBy, source, state, reason, delivered, verified, status: cdr.status },
    checks_used: cdr.checksUsed,
    cost: cdr.costMicros === null ? null : cdr.costMicros / 1e6,
    ...{ guard_decision: cdr.guardDecision, test: cdr.test, reference: cdr.reference },
    started_at: rfc3339(cdr.startedAtMs),
    ended_at: rfc3339(cdr.endedAtMs),
    verification_started_at: rfc3339(cdr.verificationStartedAtMs),
    verification_ended_at: rfc3339(cdr.verificationEndedAtMs),
  };
}

/** The formats of an export. */
export const exportFormats = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface Writer {
  readonly contentType: string;
  /** What the file begins with. */
  readonly head: string;
  /** One record, with its line break. */
  line(cdr: Cdr): string;
}

export const writers: Readonly<Record<ExportFormat, Writer>> = {
  csv: {
    contentType: "text/csv; charset=utf-8; header=present",
    head: `${columns.join(",")}\r\n`,
    line(cdr) {
      const body = cdrBody(cdr);
      return `${columns.map((name) => csvCell(body[name])).join(",")}\r\n`;
    },
  },
  ndjson: {
    contentType: "application/x-ndjson; charset=utf-8",
    head: "",
    line: (cdr) => `${JSON.stringify(cdrBody(cdr))}\n`,
  },
};

/** One cell: recipients and references come from people, so none is run as a formula. */
export function csvCell(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return typeof value === "object" ? csvCell(listText(value)) : String(value);
  return csvText(value);
}

/** Caller IDs with spaces between them; attempts as `trunk@asterisk outcome`, with semicolons. */
function listText(list: readonly (string | CdrAttempt)[]): string {
  const attempts = list.some((one) => typeof one !== "string");
  return list
    .map((one) => (typeof one === "string" ? one : `${one.trunk}@${one.asterisk} ${one.outcome}`))
    .join(attempts ? "; " : " ");
}
