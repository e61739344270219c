/** Block and allow lists, and the guard's decisions. */
import { Type } from "typebox";
import { verdicts } from "../../guard/decisions.ts";
import { listNames } from "../../guard/lists/entry.ts";
import { appName, pageCursor, pageLimit, timeRange, written } from "../request-parts.ts";
import { givenTime, nullableString, oneOf, time } from "../schemas.ts";

const limit = pageLimit(1000, 100);
const next = nullableString("`cursor` of the next page; null where this is the last one.");
const listId = "lst_0m9x2k4a1Qm0cR2kZs7Xb";
const at = "2026-03-01T12:00:00.000Z";

const value = Type.String({
  minLength: 2,
  maxLength: 254,
  description:
    "A number or the start of one (E.164 with the plus sign), an e-mail address (with all spellings of its mailbox), or `@` and a domain.",
  examples: ["+4474065"],
});
const reason = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: "For those who read the list." }),
);
const expiresAt = Type.Optional(givenTime("When it ends; without it, it does not."));

export const BlockBody = Type.Object(
  { value, reason, expires_at: expiresAt },
  { title: "BlockEntry", additionalProperties: false, examples: [{ value: "+4474065", reason: "traffic pumping" }] },
);
export const ListEntryRequest = Type.Object(
  {
    list: oneOf(listNames, "`block`: no delivery. `allow`: limits and learned thresholds do not apply."),
    app: Type.Optional(appName("For this app alone; without it for all.")),
    ...{ value, reason, expires_at: expiresAt },
  },
  {
    title: "NewListEntry",
    additionalProperties: false,
    examples: [{ list: "block", value: "+4474065", reason: "traffic pumping" }],
  },
);

const listEntry = {
  ...{ id: listId, list: "block", app: null, value: "+4474065", reason: "traffic pumping", by: "key 3f9a01bc" },
  ...{ created_at: at, expires_at: null },
} as const;

export const ListEntryBody = Type.Object(
  {
    id: Type.String(),
    list: oneOf(listNames, "Which list."),
    app: nullableString("Whose; null: all apps'."),
    value: nullableString(
      "In one spelling of what many mean; null: the person's data were erased, and the entry still applies.",
    ),
    reason: nullableString("As it was given."),
    by: Type.String({ description: "Who added it, as in the audit log." }),
    created_at: time("When it was added."),
    expires_at: {
      ...Type.Union([time("When it ends."), Type.Null()]),
      description: "When it ends; null: it does not.",
    },
  },
  {
    title: "ListEntry",
    examples: [listEntry],
  },
);
export const ListPageBody = Type.Object(
  { entries: Type.Array(ListEntryBody, { description: "The one that was added last first." }), next },
  { title: "ListPage", examples: [{ entries: [listEntry], next: null }] },
);
export const ListParams = Type.Object({
  id: Type.String({ maxLength: 40, description: "The entry's id.", examples: [listId] }),
});
const idPattern = "^lst_[A-Za-z0-9_-]{1,36}$";
export const OwnListQuery = Type.Object({ cursor: pageCursor(idPattern), limit }, { additionalProperties: false });
export const ListQuery = Type.Object(
  {
    app: Type.Optional(appName("Only entries of this app.")),
    list: Type.Optional(oneOf(listNames, "Only entries of this list.")),
    ...{ cursor: pageCursor(idPattern), limit },
  },
  { additionalProperties: false },
);

export const DecisionsQuery = Type.Object(
  {
    app: Type.Optional(appName("For operators: only decisions about this app.")),
    verification: Type.Optional(Type.String({ maxLength: 60, description: "Only decisions about this verification." })),
    rule: Type.Optional(
      written("^[a-z_]{1,40}$", "the name of a rule, such as prefix_limit", "Only decisions by this rule."),
    ),
    verdict: Type.Optional(oneOf(verdicts, "Only decisions with this verdict.")),
    ...timeRange,
    cursor: pageCursor("^\\d{1,15}\\.dec_[A-Za-z0-9_-]{1,40}$"),
    limit,
  },
  { additionalProperties: false },
);

const FigureBody = Type.Object({
  name: Type.String({ description: "What was counted." }),
  limit: Type.Unsafe<number | null>({ type: ["number", "null"], description: "Null: not limited." }),
  count: Type.Number({ description: "In the window, without this delivery." }),
  window_seconds: Type.Unsafe<number | null>({ type: ["integer", "null"], description: "Null: not limited in time." }),
});

export const DecisionBody = Type.Object({
  id: Type.String(),
  at: time("When it was decided."),
  app: Type.String({ description: "Whose delivery it was." }),
  verification: Type.String({ description: "Of a start that was denied: the id that it would have had." }),
  begins: oneOf(
    ["new", "again", "step"],
    "What was to begin: a verification, a choice or a repeat, an automatic step.",
  ),
  channel: Type.String({ description: "By which channel." }),
  country: nullableString("Of the recipient."),
  prefix: nullableString("The first digits of a number."),
  verdict: oneOf(
    verdicts,
    "`recorded`: it would have been denied with `guard.mode` deny. `warned`: allowed, but look. `trusted`: by an allow list.",
  ),
  rule: nullableString("Which rule spoke (docs/fraud-guard.md); null: none did."),
  note: nullableString("What else it said."),
  figures: Type.Array(FigureBody, { description: "That rule's first, then what the others counted." }),
});

const decision = {
  ...{ id: "dec_Qm0cR2kZs7Xb0", at, app: "shop", verification: "v1f3c0000000000000000000000", begins: "new" },
  ...{ channel: "sms", country: "GB", prefix: "+4474065", verdict: "denied", rule: "prefix_limit", note: null },
  figures: [{ name: "deliveries", limit: 60, count: 60, window_seconds: 3600 }],
} as const;

export const DecisionsBody = Type.Object(
  { decisions: Type.Array(DecisionBody, { description: "Newest first." }), next },
  { title: "DecisionPage", examples: [{ decisions: [decision], next: null }] },
);
