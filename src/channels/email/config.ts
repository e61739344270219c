/** The e-mail channel: sender, mail servers and DKIM. */
import { type Static, Type } from "typebox";
import { count, ms, secret, section, text } from "../../typed-yaml/parts.ts";

const addressForm = () => "^[^\\s@]+@[^\\s@]+$";
const addressInWords = "an e-mail address without a display name";
const nameForm = "^[a-z0-9][a-z0-9_-]{0,39}$";
const hostForm = "^[A-Za-z0-9.:-]{1,253}$";

const EmailServer = section("One mail server that takes the messages (a submission server or a relay).", {
  name: text(nameForm, "1 to 40 lowercase letters, digits, - or _", {
    description: "Its name in logs, `doctor` and the API.",
  }),
  host: text(hostForm, "a host name or an IP address", {
    description: "Host name or IP address. TLS checks the certificate against it.",
  }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: "TCP port. Without it 587 for starttls, 465 for tls, 25 for plain (RFC 6409, RFC 8314).",
    }),
  ),
  security: Type.Union([Type.Literal("starttls"), Type.Literal("tls"), Type.Literal("plain")], {
    default: "starttls",
    description:
      "`starttls`: the session is encrypted by STARTTLS or not used. `tls`: TLS from the first byte. `plain`: no encryption; only to this machine, or with `allow_plaintext`. Certificates are always verified.",
  }),
  allow_plaintext: Type.Boolean({
    default: false,
    description:
      "Accept `security: plain` to another host. Only where nobody else can read that network: codes and addresses are sent in the clear.",
  }),
  ca: Type.Optional(
    text("^-----BEGIN CERTIFICATE-----", "certificates in PEM: a variable that NAME_FILE gives the file of", {
      description: "PEM of the certificate authority of a private server, instead of the well-known ones.",
    }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "User name for SMTP AUTH." })),
  password: Type.Optional(secret("Password of user. Give it as an environment variable.", 1)),
  max_connections: count(
    5,
    1,
    100,
    "Connections of one gateway process to this server, one message at a time on each. 5 carry about 25 messages per second at 200 ms each; many servers refuse more from one client.",
  ),
  messages_per_second: Type.Number({
    default: 20,
    minimum: 0.01,
    maximum: 10_000,
    description:
      "Rate limit of one gateway process to this server; divide the provider's limit by the number of gateways. A burst of one second's worth is allowed.",
  }),
});

export const Email = section("Codes by e-mail (`channel: email`). Present: the channel is on.", {
  from: text(addressForm(), addressInWords, {
    description:
      "Sender address. Its domain needs SPF or DKIM records that let your mail servers send for it (docs/channel-email.md).",
  }),
  from_name: Type.Optional(
    text("^[^\\u0000-\\u001f\\u007f]{1,70}$", "1 to 70 characters without line breaks", {
      description: "Sender name that people see. Without it the app's name.",
    }),
  ),
  bounces_to: Type.Optional(
    text(addressForm(), addressInWords, {
      description:
        "Envelope sender: where bounces go. Without it `from`. Its domain is the one that SPF checks; keep it within the domain of `from` for DMARC.",
    }),
  ),
  client_name: Type.Optional(
    text("^[A-Za-z0-9.-]{1,253}$", "a host name", {
      description:
        "Name of this host in EHLO. Without it the machine's host name. Servers that look at it want one that resolves.",
    }),
  ),
  servers: Type.Array(EmailServer, {
    minItems: 1,
    maxItems: 10,
    description:
      "Mail servers in order of preference. A message goes to the next one where a server is down, full or refuses for the time being, never after it may have taken the message.",
  }),
  dkim: Type.Optional(
    section("Signs messages with DKIM (RFC 6376). Leave it out where the mail server signs.", {
      domain: text("^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", "a domain such as example.com", {
        description: "Signing domain (d=): the domain of `from`, or one above or below it, so that DMARC accepts it.",
      }),
      selector: text("^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", "a DKIM selector such as onering1", {
        description: "Selector (s=): the key is published at <selector>._domainkey.<domain>.",
      }),
      private_key: secret(
        "RSA private key in PEM, 2048 bits (RFC 8301). Give it as an environment variable NAME, or a file by NAME_FILE.",
        100,
      ),
    }),
  ),
  price: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1000,
      description: "What one message costs, in the currency of all prices. It is kept as `cost` of the delivery.",
    }),
  ),
  connect_timeout_ms: ms(
    5000,
    100,
    60_000,
    "Longest time to a connection that is encrypted and logged in. A server in reach takes well below a second; after 5 s the next one is tried.",
  ),
  reply_timeout_ms: ms(
    10_000,
    100,
    300_000,
    "Longest wait for each reply. RFC 5321 allows minutes, but a person waits: a server that checks content answers within 10 s.",
  ),
  submit_timeout_ms: ms(
    30_000,
    1000,
    300_000,
    "Longest time for one message over all servers. Without an answer until then the delivery fails, and the person may choose another channel.",
  ),
  max_wait_ms: ms(
    1000,
    0,
    10_000,
    "Longest wait of a start for a free connection; beyond it the start is refused with 503. 1 s evens out bursts and is hardly noticed.",
  ),
});

export type EmailConfig = Static<typeof Email>;
export type EmailServerConfig = EmailConfig["servers"][number];
export type DkimConfig = NonNullable<EmailConfig["dkim"]>;

/** The port to connect to. */
export function portOf({ port, security }: Pick<EmailServerConfig, "port" | "security">): number {
  return port ?? { starttls: 587, tls: 465, plain: 25 }[security];
}
