/** Requests and answers of start tokens. */
import { type Static, Type } from "typebox";
import { country, oneOf, time } from "../schemas.ts";
import { type ChannelView, requestChannels } from "../verifications/channels.ts";
import { startBody } from "../verifications/schemas.ts";

/** Life of a start token in seconds: as long as a person takes for a form, and at most an hour. */
export const startTokenLife = { least: 30, usual: 600, most: 3600 };

/** What is fixed for the start, and how the page may choose. */
export function startTokenBody(channels: readonly ChannelView[]) {
  const { to, code: _code, client_token: _token, human_check: _check, ...fixed } = startBody(channels).properties;
  const body = Type.Object(
    {
      to: Type.Optional({ ...to, description: "What to verify, as in a start; without it the page names it." }),
      ...fixed,
      channels: Type.Optional(
        Type.Array(oneOf(requestChannels(channels), "A channel."), {
          minItems: 1,
          maxItems: 8,
          uniqueItems: true,
          description:
            "The channels that the page may choose from, also for a resend; it begins with the first unless it names another. Not together with `channel` or `workflow`.",
        }),
      ),
      countries: Type.Optional(
        Type.Array(country("ISO 3166 country."), {
          minItems: 1,
          maxItems: 250,
          description: "The countries whose numbers the page may name, among those of the app.",
        }),
      ),
      expires_in: Type.Optional(
        Type.Integer({
          minimum: startTokenLife.least,
          maximum: startTokenLife.most,
          description: `Seconds until it expires; without it ${startTokenLife.usual}.`,
        }),
      ),
    },
    { additionalProperties: false },
  );
  return Type.Unsafe<Static<typeof body> | null>({
    ...body,
    type: ["object", "null"],
    title: "StartTokenRequest",
    description: "What the start is fixed to; nothing, or an empty object, leaves everything to the page.",
    examples: [
      { client: { session: "s-81723" }, reference: "sign-up 4711", channels: ["missed_call"], expires_in: 600 },
    ],
  });
}

const nullable = (type: "string" | "integer", description: string) =>
  Type.Unsafe<never>({ type: [type, "null"], description });

const HumanTaskBody = Type.Object({
  check: Type.String({ description: "Its name in the gateway's configuration." }),
  provider: Type.String({ description: "`turnstile`, `hcaptcha`, `recaptcha`, `recaptcha_v3` or `proof_of_work`." }),
  site_key: nullable("string", "Of the provider's widget."),
  action: nullable("string", "The action that the widget must name."),
  challenge: nullable(
    "string",
    "Of `proof_of_work`: the page searches for a number (decimal, at most 11 digits) so that the SHA-256 of `<challenge>.<number>` begins with `bits` zero bits, and sends it as `human_check`.",
  ),
  bits: nullable("integer", "Of `proof_of_work`."),
});

export const StartTokenAnswer = Type.Object(
  {
    token: Type.String({ description: "For one start by a page: as bearer token of `POST /v1/verifications`." }),
    expires_at: time("When it expires."),
    human_check: {
      ...Type.Union([HumanTaskBody, Type.Null()]),
      description: "What the page must do before the start; null: nothing.",
    },
  },
  {
    title: "StartToken",
    examples: [
      {
        token: "ort_sk3yId4x_.WyJzaG9wIiwi….…",
        expires_at: "2026-03-01T12:10:00.000Z",
        human_check: null,
      },
    ],
  },
);
