/** An SMS provider with an HTTP API, described in the configuration. */
import { type Static, Type } from "typebox";
import { count, ms, seconds, secret, section, text } from "../../../typed-yaml/parts.ts";
import { messageFailures } from "../../messages/provider-port.ts";

const failureReason = Type.Union(messageFailures.map((reason) => Type.Literal(reason)));
/** Values may hold credentials: they are shown nowhere. */
const template = (description: string) => Type.String({ maxLength: 4000, description, "x-secret": true });
const templates = (description: string) =>
  Type.Optional(
    Type.Record(Type.String({ pattern: "^[^\\s]{1,100}$" }), template("A value, with placeholders."), {
      maxProperties: 50,
      description,
    }),
  );
const pointer = (description: string) =>
  text("^(/[^/]*){0,10}$", "a JSON pointer such as /messages/0/id (RFC 6901)", { description });
const status = Type.Integer({ minimum: 100, maximum: 599 });

/** Where a value stands in an answer. */
const where = (description: string) =>
  Type.Optional(
    section(`${description} Give exactly one of pointer and regex.`, {
      pointer: Type.Optional(pointer("In an answer in JSON.")),
      regex: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description:
            "In any other: a regular expression; its first group is the value. It sees the first 4096 characters.",
        }),
      ),
    }),
  );

/** How a provider signs what it POSTs. */
const signatureKeys = {
  secret: secret("Key of the HMAC with which the provider signs.", 8),
  signature_header: text("^[A-Za-z0-9-]{1,60}$", "the name of a header", {
    description: "Header with the signature.",
  }),
  signature_prefix: text("^[\\x21-\\x7e]{0,20}$", "up to 20 characters", {
    default: "",
    description: "What comes before it in the header, such as `sha256=`.",
  }),
  algorithm: Type.Union([Type.Literal("sha256"), Type.Literal("sha512"), Type.Literal("sha1")], {
    default: "sha256",
    description: "Hash of the HMAC.",
  }),
  encoding: Type.Union([Type.Literal("hex"), Type.Literal("base64")], {
    default: "hex",
    description: "How the signature is written; base64 includes base64url.",
  }),
  signed: text(
    "^[\\x21-\\x7e]*\\{body\\}[\\x21-\\x7e]*$",
    "a form with {body}, and where it is signed too {timestamp}",
    {
      default: "{body}",
      description:
        "What is signed: `{body}` as it was sent, `{timestamp}` from its header. Often `{timestamp}.{body}`.",
    },
  ),
  timestamp_header: Type.Optional(
    text("^[A-Za-z0-9-]{1,60}$", "the name of a header", {
      description: "Header with the time of signing: Unix time in s or ms, or RFC 3339. Needed for {timestamp}.",
    }),
  ),
  timestamp_tolerance_seconds: seconds(
    300,
    10,
    86_400,
    "Largest difference from this machine's clock. 300 s covers retries and drifting clocks; a recorded receipt cannot be sent again later.",
  ),
};

const Texts = section(
  "Texts of people that the provider POSTs to /webhooks/sms/<route>/texts: a stop word in one is an opt-out (opt_out.stop_words). They must be signed: anyone can find the address.",
  {
    ...signatureKeys,
    body: Type.Union([Type.Literal("json"), Type.Literal("form")], {
      default: "json",
      description: "Form of the body.",
    }),
    items: Type.Optional(pointer("Where the list of texts is, if one request brings several.")),
    from: pointer("The person's number, within a text; in a form `/` and the field's name."),
    to: Type.Optional(pointer("Your sender, within a text.")),
    text: pointer("What was written, within a text."),
  },
);

const Receipts = section(
  "Delivery receipts that the provider POSTs to /webhooks/sms/<route>. Without them no message becomes `delivered`. They must be signed: anyone can find the address.",
  {
    ...signatureKeys,
    body: Type.Union([Type.Literal("json"), Type.Literal("form")], {
      default: "json",
      description: "Form of the body.",
    }),
    items: Type.Optional(pointer("Where the list of receipts is, if one request brings several.")),
    message_id: pointer("The message id, within a receipt; in a form `/` and the field's name."),
    state: pointer("The state, within a receipt."),
    error: Type.Optional(pointer("The reason of a failure, within a receipt.")),
    states: Type.Record(
      Type.String({ pattern: "^.{1,60}$" }),
      Type.Union([Type.Literal("sent"), Type.Literal("delivered"), Type.Literal("failed")]),
      {
        minProperties: 1,
        maxProperties: 100,
        description: "What the provider's states mean; others are ignored. Case counts.",
      },
    ),
    reasons: Type.Record(Type.String({ pattern: "^.{1,60}$" }), failureReason, {
      default: {},
      maxProperties: 500,
      description: "What its reasons mean; others are `not_reachable`.",
    }),
  },
);

export const SmsHttp = section(
  "An HTTP API of a carrier or aggregator; docs/channel-sms-http.md has examples. Placeholders: {to} (E.164), {to_digits} (without the plus sign), {text}, {sender}, {id} (the same for every try of a delivery), {validity_seconds}, {country}, {locale}, {app}.",
  {
    url: text("^https?://[^\\s@#{}]+$", "an address that starts with https://, without placeholders", {
      description: "Where messages are sent to.",
    }),
    method: Type.Union([Type.Literal("POST"), Type.Literal("PUT"), Type.Literal("GET")], {
      default: "POST",
      description:
        "Method of the request. GET puts code and number into a URL, which proxies log: only where there is nothing else.",
    }),
    headers: templates(
      "Further headers, an Authorization of another kind included; {id} is the only placeholder in them.",
    ),
    query: templates("Parameters of the URL, each encoded."),
    json: Type.Optional(
      template(
        "Body in JSON, written as one string. Placeholders go inside its strings and are escaped; a property that is exactly {sender} is left out where no sender is configured.",
      ),
    ),
    form: templates(
      "Body as a form (application/x-www-form-urlencoded), instead of json; a field that is exactly {sender} likewise.",
    ),
    basic: Type.Optional(
      section("Basic authentication.", {
        user: Type.String({ minLength: 1, maxLength: 200, description: "User." }),
        password: secret("Password.", 1),
      }),
    ),
    bearer: Type.Optional(secret("Token for `Authorization: Bearer`.", 1)),
    idempotency_header: Type.Optional(
      text("^[A-Za-z0-9-]{1,60}$", "the name of a header", {
        description:
          "Header for {id}, where the provider promises to send a message once however often it is asked. With it a request whose answer was lost is repeated once; without it never.",
      }),
    ),
    success_statuses: Type.Array(status, {
      default: [200, 201, 202],
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: "HTTP statuses of a message that was taken.",
    }),
    success_value: where("What shows in the answer that it was taken, where the status alone does not."),
    success_values: Type.Array(Type.String({ maxLength: 100 }), {
      default: [],
      maxItems: 50,
      description: "Values of success_value that mean so.",
    }),
    message_id: where("The message id in the answer, which receipts name."),
    failure_code: where("The error code in the answer."),
    failures: Type.Array(
      section("What an answer means: the first row that fits.", {
        status: Type.Optional(status),
        code: Type.Optional(Type.String({ maxLength: 100, description: "Value of failure_code." })),
        reason: failureReason,
      }),
      {
        default: [],
        maxItems: 500,
        description:
          "Failures. Without a row 429 is `throttled`, 504, 520 and 524 `unknown_result`, any other 5xx `provider_down`, all else `rejected`. `throttled`, `provider_down` and `rejected` lie with the route, so the next one is tried.",
      },
    ),
    receipts: Type.Optional(Receipts),
    texts: Type.Optional(Texts),
    messages_per_second: count(
      10,
      1,
      10_000,
      "Admission control: messages per second over all gateways, evenly spaced; ask the carrier for its limit. 10 is a cautious default.",
    ),
    max_queue_ms: ms(
      1000,
      0,
      10_000,
      "Longest wait of a message for its turn under `messages_per_second`. People wait for the code; beyond a second another route or channel is faster.",
    ),
    request_timeout_ms: ms(
      5000,
      500,
      30_000,
      "Deadline of a request. A message whose answer is lost is not sent again, so it is better to wait.",
    ),
    allow_private: Type.Boolean({
      default: false,
      description: "Lets the URL lead into your own network, over http too: for a gateway of your own.",
    }),
  },
);

export type SmsHttpConfig = Static<typeof SmsHttp>;
export type SmsHttpReceipts = Static<typeof Receipts>;
export type SmsHttpTexts = Static<typeof Texts>;
export type Where = { readonly pointer?: string; readonly regex?: string };
