/** Requests for detail records and statistics. */
import { type Static, Type } from "typebox";
import { exportFormats } from "../../cdr/representation.ts";
import { dimensions, periods } from "../../cdr/store-port.ts";
import { outcomes } from "../../telephony/calls/outcome.ts";
import { statuses } from "../../verification/machine.ts";
import { moment, pageLimit, written } from "../request-parts.ts";
import { country, maxRecipientLength, oneOf } from "../schemas.ts";
import { type ChannelView, requestChannels } from "../verifications/channels.ts";

/** Names of the configuration, also of one that is no longer there. */
const configured = (description: string) => Type.String({ minLength: 1, maxLength: 64, description });

const app = Type.Optional(configured("For an operator's key: only this app. An app's key sees its own alone."));
const cursor = Type.Optional(
  Type.String({ maxLength: 200, description: "`next` of the page before, with the same filters." }),
);

const filters = (channels: readonly ChannelView[]) => ({
  from: Type.Optional(
    moment("Deliveries that began at this time or later: RFC 3339, or a date (UTC). In a URL write + as %2B."),
  ),
  verification: Type.Optional(Type.String({ maxLength: 64, description: "Only deliveries of this verification." })),
  channel: Type.Optional(oneOf(requestChannels(channels), "Only deliveries by this channel.")),
  country: Type.Optional(country("Only deliveries to this ISO 3166 country.")),
  status: Type.Optional(oneOf(statuses, "Only deliveries of verifications that ended with this status.")),
  // Records may have states of a channel that is turned off.
  state: Type.Optional(
    written(
      "^[a-z0-9_]{1,40}$",
      "a state such as rung (docs/api.md has the list)",
      "Only deliveries that ended in this state.",
    ),
  ),
  reason: Type.Optional(
    written(
      "^[a-z0-9_]{1,40}$",
      "a reason such as busy (docs/api.md has the list)",
      "Only deliveries with this reason.",
    ),
  ),
  trunk: Type.Optional(configured("Only deliveries whose last INVITE took this trunk.")),
  outcome: Type.Optional(oneOf(outcomes, "Only deliveries whose call had this outcome.")),
  app,
});

const format = Type.Optional(
  oneOf(
    ["json", ...exportFormats] as const,
    "`csv` and `ndjson` stream all records that match, without pages; without it what `Accept` asks for.",
  ),
);

export const cdrQuery = (channels: readonly ChannelView[]) =>
  Type.Object(
    {
      ...filters(channels),
      to: Type.Optional(
        moment("Deliveries that began before this time.", "; to search by recipient use POST /v1/cdrs/search"),
      ),
      cursor,
      limit: pageLimit(1000, 100, false),
      format,
    },
    { additionalProperties: false },
  );

export const cdrSearchBody = (channels: readonly ChannelView[]) =>
  Type.Object(
    {
      ...filters(channels),
      to: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: maxRecipientLength,
          description: "Only deliveries to this number, address or registration.",
        }),
      ),
      to_time: Type.Optional(moment("Deliveries that began before this time.")),
      to_country: Type.Optional(country("ISO 3166 country of a `to` in national format.")),
      cursor,
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          "x-expected": "a whole number from 1 to 1000",
          description: "How many records a page has at most; default 100.",
        }),
      ),
      format,
    },
    { title: "SearchCdrs", additionalProperties: false, examples: [{ to: "+447400123456", limit: 20 }] },
  );

export type CdrSearch = Static<ReturnType<typeof cdrSearchBody>>;

const commaList = (values: readonly string[]) => `^(${values.join("|")})(,(${values.join("|")}))*$`;

export const statsQuery = (channels: readonly ChannelView[]) =>
  Type.Object(
    {
      from: Type.Optional(moment("Deliveries that began from this hour on; default: 24 hours before `to`.")),
      to: Type.Optional(moment("Up to the end of the hour before this time; default: now.")),
      by: Type.Optional(
        written(
          commaList([...periods, ...dimensions]),
          `some of ${[...periods, ...dimensions].join(", ")}, separated by commas`,
          `Groups, separated by commas: ${periods.join(" or ")}, ${dimensions.join(", ")}. Without it one group.`,
          { maxLength: 100, examples: ["day,channel"] },
        ),
      ),
      channel: Type.Optional(oneOf(requestChannels(channels), "Only this channel.")),
      country: Type.Optional(country("Only this ISO 3166 country.")),
      prefix: Type.Optional(
        written(
          "^[0-9]{1,7}$",
          "1 to 7 digits, without the plus sign",
          "Only this prefix as in records, without the plus sign.",
        ),
      ),
      network: Type.Optional(configured("Only this network.")),
      trunk: Type.Optional(configured("Only this trunk.")),
      range: Type.Optional(configured("Only this caller-ID range.")),
      app,
    },
    { additionalProperties: false },
  );

export const verificationSearchBody = (channels: readonly ChannelView[]) =>
  Type.Object(
    {
      to: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: maxRecipientLength,
          description: "Only verifications of this recipient. Only by it open verifications are found.",
        }),
      ),
      country: Type.Optional(country("ISO 3166 country of a `to` in national format.")),
      reference: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "Only those with this reference of yours; with `to` open ones too.",
        }),
      ),
      status: Type.Optional(oneOf(statuses, "Only those with this status.")),
      channel: Type.Optional(oneOf(requestChannels(channels), "Only those whose newest delivery is by this channel.")),
      from: Type.Optional(moment("Started at this time or later.")),
      to_time: Type.Optional(moment("Started before this time.")),
      app,
      cursor,
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          "x-expected": "a whole number from 1 to 100",
          description: "How many verifications a page has at most; default 20.",
        }),
      ),
    },
    { title: "SearchVerifications", additionalProperties: false, examples: [{ to: "+447400123456" }] },
  );
