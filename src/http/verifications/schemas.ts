/** Requests and responses of verifications, assembled from the channels of this gateway. */
import { type Static, Type } from "typebox";
import { statuses } from "../../verification/machine.ts";
import { proofKinds } from "../../verification/types.ts";
import { idempotencyKey, written } from "../request-parts.ts";
import {
  country,
  maxNumberLength,
  maxRecipientLength,
  nullableString,
  oneOf,
  proofToken,
  testMark,
  time,
} from "../schemas.ts";
import { type ChannelView, requestChannels } from "./channels.ts";
import { startExamples, verificationExamples } from "./examples.ts";

const Metadata = Type.Unsafe<Record<string, string>>({
  type: "object",
  maxProperties: 16,
  propertyNames: { minLength: 1, maxLength: 40 },
  additionalProperties: { type: "string", maxLength: 256 },
  description: "Up to 16 string values of your own, at most 4096 bytes of JSON, returned with the verification.",
});

const Client = Type.Object(
  {
    ip: Type.Optional(
      Type.String({
        minLength: 2,
        maxLength: 45,
        description:
          "The person's IP address as you see it, IPv4 or IPv6 (counted by /64): the guard limits deliveries by it, for your app alone. Not your own server's.",
        examples: ["203.0.113.7"],
      }),
    ),
    session: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          "Your name for the person's session; selects among several open verifications of one number, and the guard limits deliveries by it.",
      }),
    ),
    device: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "Your name for the person's device; the guard limits deliveries by it.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "The person's client, as you know it. Kept as keyed hashes only.",
  },
);

/** The body of a start. */
export function startBody(channels: readonly ChannelView[]) {
  const channel = (description: string) => oneOf(requestChannels(channels), description);
  return Type.Object(
    {
      to: Type.String({
        minLength: 1,
        maxLength: maxRecipientLength,
        description:
          "What to verify. A phone number: E.164 with the plus sign, or national format together with `country`; an e-mail address with channel `email`; a registration with channel `push`.",
      }),
      country: Type.Optional(country("ISO 3166 country of a number in national format.")),
      channel: Type.Optional(
        channel(
          "The channel; without it and `workflow` the default of the app or the gateway. An unavailable one is refused as `not_supported`.",
        ),
      ),
      workflow: Type.Optional(
        Type.Array(
          Type.Object(
            {
              channel: channel("The step's channel."),
              to: Type.Optional(
                Type.String({
                  minLength: 1,
                  maxLength: maxRecipientLength,
                  description:
                    "Its recipient; without it the verification's `to`. The app's profile must allow another one.",
                }),
              ),
              wait_seconds: Type.Optional(
                Type.Integer({
                  minimum: 0,
                  maximum: 600,
                  description:
                    "How long nothing may be verified after this step's delivery before the next step begins; without it 30, or what the channel needs. After a delivery that failed the next step begins at once. It belongs to the step that is waited for: on the last step it has no effect.",
                }),
              ),
            },
            { additionalProperties: false },
          ),
          {
            minItems: 1,
            maxItems: 8,
            description:
              "Channels in sequence, instead of `channel`. A step by waiting to a channel that costs money needs a read of the verification within the last 20 seconds, unless the app's profile says otherwise.",
          },
        ),
      ),
      calls: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 2,
          "x-expected": "1 or 2",
          description:
            "How many calls carry the code: two, in sequence and from different numbers, make it twice as long. Without it 1, or `verification.min_calls`; 2 after too many wrong codes for this number.",
        }),
      ),
      code_length: Type.Optional(
        Type.Integer({
          minimum: 2,
          maximum: 16,
          description:
            "Digits of the code, of both calls together where there are two: each then shows half of them. Only caller-ID ranges with that many digits are used; the refusal of another length says which are possible. Without it any.",
        }),
      ),
      code: Type.Optional(
        written(
          "^\\d{4,10}$",
          "4 to 10 digits",
          "A code of your own instead of the gateway's, where the app's profile allows it. A missed call shows it as the end of its caller ID, six digits also as 3 + 3 by two calls; where that is not possible the start is refused as `code_not_available`.",
        ),
      ),
      locale: Type.Optional(
        written(
          "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
          "a language tag such as en or en-GB",
          "Language of messages and speech, BCP 47; without it the app's, or that of the callee's country.",
          { maxLength: 35, examples: ["pt-BR"] },
        ),
      ),
      reference: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "Your own reference, returned with the verification.",
        }),
      ),
      metadata: Type.Optional(Metadata),
      client: Type.Optional(Client),
      override: Type.Optional(
        Type.Array(
          oneOf(["number_health"], "`number_health`: the number is contacted though it seems to be inactive."),
          {
            minItems: 1,
            maxItems: 1,
            description:
              "Safeguards to skip for this start, for instance because your user insists that the number is right. Not with a start token.",
          },
        ),
      ),
      client_token: Type.Optional(
        Type.Boolean({
          description:
            "Whether the response has a client token (`token`), for a browser or a phone; without it as the app's profile says.",
        }),
      ),
      human_check: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 8192,
          description: "With a start token, where the app requires one: the answer of the human check.",
        }),
      ),
    },
    { title: "StartVerification", additionalProperties: false, examples: startExamples(channels) },
  );
}

export type StartBody = Static<ReturnType<typeof startBody>>;

export const StartHeaders = Type.Object({
  "idempotency-key": idempotencyKey(
    "Same key and same body: the same verification, no second call. Make a new one for each attempt of a person.",
    { examples: ["8e03978e-40d5-43dd-bc93-6894a57f9324"] },
  ),
});

/** The body of a resend. */
export function resendBody(channels: readonly ChannelView[]) {
  return Type.Unsafe<{ channel?: string } | null>({
    type: ["object", "null"],
    additionalProperties: false,
    properties: {
      channel: { type: "string", enum: requestChannels(channels), description: "Without it the newest delivery's." },
    },
    description: "Nothing, or the channel to use.",
  });
}

function deliveryBody(channels: readonly ChannelView[]) {
  const states = channels.map(({ name, machine }) => `Of \`${name}\`: ${Object.keys(machine.states).join(", ")}.`);
  return Type.Object({
    number: Type.Integer({ description: "1 for the first." }),
    channel: Type.String({ description: "The delivery's channel." }),
    to: Type.String({ description: "Its recipient." }),
    state: Type.String({ description: `${states.join(" ")} Further channels add their own.` }),
    reason: nullableString("The reason for its state, once known; docs/api.md has the list."),
    cost: Type.Unsafe<number | null>({
      type: ["number", "null"],
      description: "Its price in the operator's currency; null where none is configured.",
    }),
    started_at: time("When it started."),
    ended_at: nullableTime("When it ended; null while it is in progress."),
    ...Object.fromEntries(channels.map(({ name, schema }) => [name, Type.Optional(schema)])),
  });
}

const nullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ["string", "null"], format: "date-time", description });
const nullableInteger = (description: string) => Type.Unsafe<number | null>({ type: ["integer", "null"], description });

const Proof = Type.Object({
  kind: oneOf(proofKinds, "What was proven."),
  value: Type.String({
    description: "The recipient whose holder proved it: that of the delivery whose code was right.",
  }),
  channel: Type.String({ description: "By which channel." }),
  at: time("When."),
  code: Type.Unsafe<"gateway" | "app" | null>({
    type: ["string", "null"],
    enum: ["gateway", "app", null],
    description: "Which side generated the code; null where none was typed.",
  }),
  test: Type.Optional(testMark("Of a test number: it proves nothing of anybody. Left out otherwise.")),
});

/** A verification in every response. */
export function verificationBody(channels: readonly ChannelView[]) {
  const Delivery = deliveryBody(channels);
  return Type.Object(
    {
      id: Type.String(),
      status: oneOf(statuses, "pending → sending → delivered → verified | failed | expired | canceled | undeliverable"),
      reason: nullableString("The newest delivery's."),
      to: Type.String({ description: "What is verified." }),
      country: nullableString("Its ISO 3166 country; null for an address or a registration."),
      channel: Type.String({ description: "The newest delivery's." }),
      code_length: nullableInteger("Digits that the person types; null where there is no code."),
      checks_left: nullableInteger(
        "Checks that are left, also of an earlier delivery's code; null where there never was a code.",
      ),
      delivery: { ...Delivery, description: "The newest delivery." },
      deliveries: Type.Array(Delivery, { description: "All of them, oldest first." }),
      next_channels: Type.Array(
        Type.Object({
          channel: Type.String({ description: "What `resend` may name." }),
          available_at: time("Earliest time."),
        }),
        { description: "What the person may choose next; empty after the end." },
      ),
      proof: { ...Type.Union([Proof, Type.Null()]), description: "What was proven, once it is verified." },
      proof_token: Type.Optional(proofToken),
      reference: nullableString("Yours."),
      metadata: Type.Unsafe<Record<string, string> | null>({
        type: ["object", "null"],
        additionalProperties: { type: "string" },
        description: "Yours.",
      }),
      created_at: time("When it was started."),
      expires_at: time("When the code stops being accepted."),
      ended_at: nullableTime("When it ended; null while it is open."),
      test: Type.Optional(testMark("Of a test number: nothing was sent. Left out otherwise.")),
    },
    { title: "Verification", examples: verificationExamples(channels) },
  );
}

/** The response to a start. */
export function startedBody(channels: readonly ChannelView[]) {
  const { properties, ...rest } = verificationBody(channels);
  const token = Type.Optional(
    Type.String({
      description:
        "A client token, where one was asked for: lets a browser or a phone read, watch, check, deliver again and cancel this verification, and nothing else. In this response alone.",
    }),
  );
  return Type.Object({ ...properties, token }, { ...rest, title: "StartedVerification" });
}

/** Longest number in a request, in characters. */
export const numberLength = maxNumberLength;
