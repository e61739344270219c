import { Type } from "typebox";
import { auditOutcomes } from "../../audit/port.ts";
import { pageCursor, pageLimit, timeRange } from "../request-parts.ts";
import { nullableString, oneOf, time } from "../schemas.ts";

const filter = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 200, description, examples: [example] }));

export const AuditQuery = Type.Object(
  {
    who: filter("Only acts of this operator's key, app or program.", "key 3f9a01bc"),
    action: filter("Only acts of this kind.", "trunk.drain"),
    target: filter("Only acts on this object.", "trunk carrier-a"),
    ...timeRange,
    cursor: pageCursor("^\\d{15}-\\d{10}$"),
    limit: pageLimit(1000, 100),
  },
  { additionalProperties: false },
);

const state = (description: string) => Type.Unknown({ description });

export const AuditEntryBody = Type.Object({
  id: Type.String(),
  at: time("When it was begun."),
  who: Type.String({ description: "An operator's key by the first digits of its hash, an app, or a program." }),
  action: Type.String({ description: "What was done." }),
  target: Type.String({ description: "To what; a number or an address by its hash." }),
  outcome: oneOf(
    auditOutcomes,
    "`refused` and `failed` changed nothing. `unknown`: the gateway or its connection to Redis was lost meanwhile, so it may have been done.",
  ),
  before: state("What was there before; null where it is not known, or there was nothing."),
  after: state("What was there after it, or why it was refused."),
});

const example = {
  id: "aud_5Qm0cR2kZs7XbT1yWaJd4g",
  at: "2026-03-01T12:00:00.000Z",
  who: "key 3f9a01bc",
  action: "trunk.drain",
  target: "trunk carrier-a",
  outcome: "done",
  before: { in_service: true },
  after: {
    in_service: false,
    by: "operator",
    who: "key 3f9a01bc",
    reason: "carrier-a replaces its SBC until 14:00",
    since: "2026-03-01T12:00:00.000Z",
  },
};

export const AuditBody = Type.Object(
  {
    entries: Type.Array(AuditEntryBody, { description: "Newest first." }),
    next: nullableString("`cursor` of the next page; null where this is the last one."),
  },
  { title: "AuditPage", examples: [{ entries: [example], next: null }] },
);
