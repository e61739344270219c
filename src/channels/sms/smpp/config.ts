/** How a route sends over SMPP. */
import { type Static, Type } from "typebox";
import { count, ms, named, optionalSection, secret, section, text } from "../../../typed-yaml/parts.ts";
import { type MessageFailure, messageFailures } from "../../messages/provider-port.ts";
import { idForms } from "./message-ids.ts";
import { alphabets, concatenations } from "./text.ts";

const union = (values: readonly string[]) => Type.Union(values.map((value) => Type.Literal(value)));
/** One of a list, as its literals. */
const oneOf = <T extends string>(values: readonly T[], defaultValue: T, description: string) =>
  Type.Unsafe<T>({ ...union(values), default: defaultValue, description });
const failure = Type.Unsafe<MessageFailure>(union(messageFailures));

const Tls = optionalSection("TLS to the SMSC.", {
  enabled: Type.Boolean({
    default: true,
    description:
      "Whether the connection is TLS. Turn it off only where a VPN or a leased line protects it: the password, numbers and codes would be readable on the way.",
  }),
  ca: Type.Optional(
    text("^-----BEGIN CERTIFICATE-----", "certificates in PEM: a variable that NAME_FILE gives the file of", {
      description: "PEM of the CAs that may have signed the SMSC's certificate, instead of the public ones.",
    }),
  ),
  server_name: Type.Optional(
    text("^[A-Za-z0-9.-]{1,253}$", "a host name", {
      description: "The name in the SMSC's certificate, where it is not `host`.",
    }),
  ),
  verify: Type.Boolean({
    default: true,
    description: "Whether the certificate is checked. Without that anyone on the way can read and change messages.",
  }),
});

const SmppBind = section("One bind (bind_transceiver) of this gateway to the SMSC; each gateway opens its own.", {
  host: Type.String({ minLength: 1, maxLength: 253, description: "Host name or IP address of the SMSC." }),
  port: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 3550,
    description: "TCP port: 3550 is customary for SMPP over TLS, 2775 (IANA) without.",
  }),
  system_id: text("^[\\x21-\\x7e]{1,15}$", "1 to 15 characters without spaces (SMPP v3.4 §5.2.1)", {
    description: "The account, from the carrier.",
  }),
  password: secret("Its password, from the carrier.", 1),
  system_type: text("^[\\x21-\\x7e]{0,12}$", "up to 12 characters", {
    default: "",
    description: "Only where the carrier asks for one.",
  }),
  address_range: text("^[\\x21-\\x7e]{0,40}$", "up to 40 characters", {
    default: "",
    description: "Which addresses the bind receives for (§5.2.7). Only where the carrier asks for one.",
  }),
  tls: Tls,
  messages_per_second: count(
    10,
    1,
    10_000,
    "Admission control: submit_sm per second (TPS) of this bind, over all gateways, evenly spaced; ask the carrier for its limit. Above it SMSCs answer ESME_RTHROTTLED: 10 is a cautious default.",
  ),
  window: count(
    10,
    1,
    1000,
    "Messages of one gateway that may wait for their submit_sm_resp (outstanding); ask the carrier. 10 at 100 ms of round trip carry 100 messages per second; 10 is what most SMSCs allow.",
  ),
  alphabet: oneOf(
    alphabets,
    "gsm7",
    "How the SMSC reads text in its default alphabet: GSM 7-bit (3GPP TS 23.038), one character in an octet, or Latin-1. Wrong, @ and accents arrive as other characters: send yourself one message with `@£$éñ`.",
  ),
  default_data_coding: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 255,
    description:
      "data_coding of text in that alphabet. 0 is the SMSC's default; 3 says Latin-1 (§5.2.19), where the carrier wants that said.",
  }),
  concatenation: oneOf(
    concatenations,
    "udh_8bit",
    "How parts of a long message are joined: by a header in the text with an 8-bit reference, which every phone reads, or a 16-bit one; by sar_* TLVs or message_payload, from which the SMSC makes the header.",
  ),
});

const Tlv = section("An optional parameter (TLV) that this route adds to messages.", {
  tag: text("^0x[0-9A-Fa-f]{4}$", "0x and four hexadecimal digits, for instance 0x1400", {
    description: "Its tag, from the carrier. India's DLT: 0x1400 entity id, 0x1401 template id with most carriers.",
  }),
  value: text("^[\\x20-\\x7e]{1,250}$", "1 to 250 printable ASCII characters", {
    description: "Its value, sent as an octet string.",
  }),
  app: Type.Optional(Type.String({ description: "Only for messages of this app." })),
  locale: Type.Optional(
    Type.String({ minLength: 2, maxLength: 35, description: "Only for texts of this locale, for instance hi." }),
  ),
});

export const Smpp = section("SMPP 3.4 to one SMSC.", {
  binds: named(
    "Binds of the same account or its twins at other hosts, in order of preference: a message goes over the first one that is up and has room.",
    SmppBind,
  ),
  tlvs: Type.Array(Tlv, {
    default: [],
    maxItems: 500,
    description:
      "TLVs by app and locale, which together name the template. Of several entries for one tag the one that names more counts.",
  }),
  service_type: text("^[\\x21-\\x7e]{0,5}$", "up to 5 characters", {
    default: "",
    description: "service_type (§5.2.11), only where the carrier asks for one.",
  }),
  receipts: Type.Boolean({
    default: true,
    description: "Whether delivery receipts are asked for. Without them no message becomes `delivered`.",
  }),
  receipt_ids: oneOf(
    ["auto", ...idForms],
    "auto",
    "How the message id in receipts differs from that in submit_sm_resp: not at all, or the response has it in hexadecimal (`response_hex`) or decimal (`response_decimal`) and the receipt the other way. `auto` learns it from this gateway's own messages.",
  ),
  receipt_errors: Type.Record(Type.String({ pattern: "^[0-9A-Za-z]{1,10}$" }), failure, {
    default: {},
    maxProperties: 200,
    description: 'What the `err` codes of this carrier\'s receipts mean, for instance `"001": invalid_recipient`.',
  }),
  status_reasons: Type.Record(Type.String({ pattern: "^0x[0-9A-Fa-f]{8}$" }), failure, {
    default: {},
    maxProperties: 200,
    description:
      "What a command_status means that the carrier defines itself (0x00000400 to 0x000004FF), or uses in another sense. `throttled` makes the bind pause.",
  }),
  validity: oneOf(
    ["relative", "none"],
    "relative",
    "validity_period: the life of the code, so that the SMSC does not deliver it later; none where the carrier refuses it.",
  ),
  max_queue_ms: ms(
    1000,
    0,
    10_000,
    "Longest wait of a message for its turn under `messages_per_second`. People wait for the code; beyond a second another route or channel is faster.",
  ),
  response_timeout_ms: ms(
    5000,
    500,
    60_000,
    "Longest wait for submit_sm_resp and other responses. Healthy SMSCs answer within one second. A message without an answer may have been taken, so it is not sent again.",
  ),
  bind_timeout_ms: ms(10_000, 500, 60_000, "Longest time for TCP, TLS and bind together."),
  enquire_link_ms: ms(
    30_000,
    1000,
    600_000,
    "enquire_link is sent when nothing came for so long. Firewalls forget silent connections after some minutes, carriers unbind after one or two.",
  ),
});

export type SmppConfig = Static<typeof Smpp>;
export type SmppBindConfig = Static<typeof SmppBind>;
