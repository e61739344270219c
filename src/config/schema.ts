/**
 * The one description of `onering.yaml`: validation, types, defaults and docs/configuration.md all come from here.
 *
 * Every figure carries its unit in its name, a default, and in its description why the default is what it is.
 */
import { type Static, type TSchema, Type } from "typebox";

/** An object that refuses unknown keys and, where every key has a default, may be left out whole. */
function section<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** The same, for a section that may be left out whole. */
function optionalSection<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description, default: {} });
}

/** A map from a name that the operator chooses to an entry. Names end up in metrics, keys and SIP, so they stay plain. */
function named<S extends TSchema>(description: string, entry: S) {
  return Type.Record(Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,39}$" }), entry, {
    description,
    minProperties: 1,
    maxProperties: 1000,
  });
}

const ms = (defaultMs: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: defaultMs, minimum, maximum, description });
const count = ms;
const seconds = ms;
/** A secret: never written in a log, an error or a document. Give it as `${VARIABLE}`. */
const secret = (description: string, minLength: number) => Type.String({ minLength, description, "x-secret": true });
/** A text of a certain form; `expected` says in words what the pattern means, for errors and the documentation. */
const text = (pattern: string, expected: string, options: { description?: string; default?: string } = {}) =>
  Type.String({ pattern, "x-expected": expected, ...options });
const country = (options: { description?: string } = {}) =>
  text("^[A-Z]{2}$", "an ISO 3166 country of two capital letters, for instance GB", options);
const redisNode = () => text("^[^:]+:\\d{1,5}$", "host:port, for instance 10.0.0.1:6379");

const apiKeyHashInWords = "the SHA-256 of an API key, 64 small hex digits (`onering key` makes both)";

const Http = optionalSection("Where apps reach OneRing.", {
  host: Type.String({
    default: "127.0.0.1",
    minLength: 1,
    description: "Address to listen on. Loopback by default: put TLS in front.",
  }),
  port: count(8080, 0, 65535, "TCP port; 0 takes any free one and prints it."),
  body_limit_bytes: count(
    16_384,
    1024,
    1_048_576,
    "Largest request body. A start is under 1 KiB; metadata may add a few.",
  ),
  request_timeout_ms: ms(
    5000,
    100,
    60_000,
    "Time a client may take to send its request: stops slow-loris connections.",
  ),
  trust_proxy: Type.Array(Type.String(), {
    default: [],
    description: "Addresses or CIDR blocks of the proxies whose X-Forwarded-For is believed. None by default.",
  }),
  cors_origins: Type.Array(text("^https?://[^/\\s]+$", "an origin such as https://app.example.com, without a path"), {
    default: [],
    description: "Origins whose pages may call the API from a browser. None by default: API keys belong on servers.",
  }),
  rate_limit_per_minute: count(
    6000,
    1,
    1_000_000,
    "Requests a minute from one API key (or one address without a key) that one gateway process takes: a brake on runaway clients, far above honest use.",
  ),
  shed_at_delay_ms: ms(
    200,
    20,
    10_000,
    "Mean delay of this process's event loop, over a second, at which new calls get 503 (everything else at five times that). Ring timers run on the same loop: phones would ring this much longer.",
  ),
});

const Redis = section("Where all state lives: Redis 7 or newer, or Valkey.", {
  url: Type.Optional(
    text("^rediss?://[^\\s]+$", "an address that starts with redis:// or rediss://", {
      description:
        "One server: redis://[user:password@]host:port[/db], rediss:// for TLS. Give exactly one of url, sentinel and cluster.",
    }),
  ),
  sentinel: Type.Optional(
    section("Redis Sentinel.", {
      name: Type.String({ description: "Name of the master set." }),
      nodes: Type.Array(redisNode(), {
        minItems: 1,
        description: "host:port of each sentinel.",
      }),
      password: Type.Optional(secret("Password of the Redis servers.", 1)),
      tls: Type.Boolean({ default: false, description: "Speak TLS to the Redis servers." }),
    }),
  ),
  cluster: Type.Optional(
    section("Redis Cluster.", {
      nodes: Type.Array(redisNode(), {
        minItems: 1,
        description: "host:port of some nodes; the rest is discovered.",
      }),
      password: Type.Optional(secret("Password of the Redis servers.", 1)),
      tls: Type.Boolean({ default: false, description: "Speak TLS to the Redis servers." }),
    }),
  ),
  command_timeout_ms: ms(
    800,
    50,
    10_000,
    "A command that takes longer counts as failed: callers get 503 within a second instead of hanging.",
  ),
});

const Secrets = section("Keys that never leave the gateway.", {
  hmac_key: secret(
    "Hashes callees, caller IDs and codes before they reach Redis. At least 32 characters, random. Changing it ends the verifications that are under way.",
    32,
  ),
});

const Asterisk = section("One Asterisk, 20 or newer (22.10.1 advised).", {
  driver: Type.Union([Type.Literal("ari-client")], { default: "ari-client", description: "How calls are controlled." }),
  ari_url: text("^https?://[^\\s]+$", "an address that starts with http:// or https://", {
    description: "Base of ARI, for instance http://127.0.0.1:8088. Keep it on loopback or behind TLS.",
  }),
  ari_user: Type.String({ minLength: 1, description: "User in ari.conf." }),
  ari_password: secret("Its password.", 1),
  ari_app: text("^[A-Za-z0-9_-]{1,40}$", "1 to 40 letters, digits, - or _", {
    default: "onering",
    description: "Name of the Stasis application; each gateway process on one Asterisk needs its own.",
  }),
  ami: Type.Optional(
    section(
      "AMI watches the trunks (contacts, registrations, restarts). Without it a dead trunk shows only when calls fail.",
      {
        host: Type.String({ default: "127.0.0.1", description: "Address of the manager port." }),
        port: count(5038, 1, 65535, "The manager port."),
        user: Type.String({
          minLength: 1,
          description: "User in manager.conf; needs `read = system` and `write = reporting,system`.",
        }),
        password: secret("Its secret.", 1),
      },
    ),
  ),
  request_timeout_ms: ms(5000, 100, 60_000, "Deadline of every request to Asterisk."),
  max_concurrent_calls: count(
    500,
    1,
    10_000,
    "Calls this gateway keeps up at once on this Asterisk. A ringing call costs 1 thread, 2 UDP ports and about 4 file descriptors.",
  ),
});

const Trunk = section("A SIP route to a carrier: an endpoint in Asterisk's pjsip.conf.", {
  asterisk: Type.String({ description: "Which of `asterisks` has it." }),
  endpoint: text("^[A-Za-z0-9_.-]{1,60}$", "1 to 60 letters, digits, dots, - or _", {
    description: "Name of the PJSIP endpoint.",
  }),
  number_format: Type.Union([Type.Literal("+e164"), Type.Literal("e164")], {
    default: "+e164",
    description: "How the carrier wants numbers (callee and caller ID): with or without the plus sign.",
  }),
  ring_on: Type.Union([Type.Literal("180"), Type.Literal("180+183")], {
    default: "180",
    description:
      "Which response means that the phone rings. 183 alone may be an announcement: believe it only where the carrier says so.",
  }),
  ranges: Type.Array(Type.String(), {
    minItems: 1,
    uniqueItems: true,
    description: "Which of `ranges` this carrier lets you present as caller ID.",
  }),
  max_concurrent_calls: count(
    100,
    1,
    10_000,
    "Calls this gateway keeps up at once on this trunk; ask the carrier for its channel limit.",
  ),
});

const Range = Type.Union(
  [
    section("A block: every number that starts with `prefix` and goes on with `digits` more.", {
      prefix: text("^\\+[1-9]\\d{1,12}$", "a plus sign and 2 to 13 digits, for instance +12015550", {
        description: "The fixed part, in E.164 with the plus sign. Prefix and digits make 8 to 15 digits together.",
      }),
      digits: count(
        4,
        2,
        8,
        "How many digits vary: they are the code. 4 from one 10,000 block is what users can read off a missed call.",
      ),
    }),
    section("Single numbers.", {
      numbers: Type.Array(text("^\\+[1-9]\\d{7,14}$", "a plus sign and 8 to 15 digits"), {
        minItems: 2,
        maxItems: 10_000,
        uniqueItems: true,
        description: "Caller IDs in E.164.",
      }),
      digits: count(
        4,
        2,
        8,
        "How many last digits are the code; the digits before them must be the same in all numbers of the list.",
      ),
    }),
  ],
  { description: "Caller IDs that you own. Either a block or a list." },
);

const Route = section("Which trunks carry calls to numbers that start with a prefix; the longest prefix wins.", {
  prefix: text("^\\+\\d{0,12}$", "a plus sign and up to 12 digits, for instance +44", {
    description: "Start of the callee's number in E.164; `+` matches all.",
  }),
  trunks: Type.Array(Type.String(), {
    minItems: 1,
    uniqueItems: true,
    description: "Trunks in order of preference; the first usable one is taken.",
  }),
});

const App = section("A tenant.", {
  // Hidden in errors: somebody will paste the key itself here.
  api_keys_sha256: Type.Array(
    Type.String({ pattern: "^[0-9a-f]{64}$", "x-expected": apiKeyHashInWords, "x-secret": true }),
    {
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      description:
        "SHA-256 of each API key, in hex; `onering key` makes a key and prints both. Two at once let you rotate.",
    },
  ),
  allowed_countries: Type.Optional(
    Type.Array(country(), {
      minItems: 1,
      description: "ISO 3166 countries this app may call; narrows numbers.allowed_countries.",
    }),
  ),
});

const Numbers = optionalSection("Which numbers may be called.", {
  default_country: Type.Optional(
    country({
      description: "Country of numbers given in national format without a `country`.",
    }),
  ),
  allowed_countries: Type.Array(country(), {
    default: [],
    description: "ISO 3166 countries that may be called; empty: every country that has a route.",
  }),
  denied_countries: Type.Array(country(), {
    default: [],
    description: "Countries that may not.",
  }),
  fixed_line_or_mobile: Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
    default: "allow",
    description: "Numbers of countries that do not tell mobiles from landlines by number (the US and some others).",
  }),
});

const Verification = optionalSection("The rules of a verification.", {
  ttl_seconds: seconds(300, 30, 600, "Life of a code. NIST SP 800-63B allows at most 600."),
  retention_seconds: seconds(3600, 60, 604_800, "How long an ended verification can still be read."),
  max_checks: count(3, 1, 10, "Guesses for one verification: 3 of 10,000 is 0.03 %."),
  wrong_checks_per_callee: count(
    10,
    1,
    100,
    "Wrong guesses for one callee in the window, over all its verifications; NIST SP 800-63B: a new secret does not reset the count (at most 100).",
  ),
  wrong_checks_window_seconds: seconds(86_400, 3600, 2_592_000, "That window."),
  starts_per_callee_per_hour: count(
    5,
    1,
    100,
    "Calls to one callee in an hour, resends included: people are not to be pestered.",
  ),
  start_gap_seconds: seconds(15, 0, 3600, "Least time between two calls to one callee."),
  caller_id_rest_seconds: seconds(
    86_400,
    600,
    2_592_000,
    "A callee does not get a caller ID again while it may stand in the call log.",
  ),
  max_guess_probability: Type.Number({
    default: 0.001,
    exclusiveMinimum: 0,
    maximum: 0.1,
    description: "Most that wrong_checks_per_callee ÷ size of a range may be: 10 guesses at a 10,000 block.",
  }),
  idempotency_ttl_seconds: seconds(86_400, 60, 604_800, "How long an Idempotency-Key is remembered."),
});

const Calls = optionalSection("How a call is placed.", {
  ring_ms: ms(5000, 1000, 30_000, "Ring time, from the first 180. Call screening can hold the first ring for 5 s."),
  setup_limit_ms: ms(20_000, 1000, 60_000, "No alerting within this time after INVITE: the call is canceled."),
  drain_ms: ms(30_000, 0, 300_000, "At SIGTERM: time for live calls to end by themselves before they are canceled."),
});

const Log = optionalSection("Logs are JSON lines on standard output.", {
  level: Type.Union(
    [
      Type.Literal("fatal"),
      Type.Literal("error"),
      Type.Literal("warn"),
      Type.Literal("info"),
      Type.Literal("debug"),
      Type.Literal("silent"),
    ],
    { default: "info", description: "Least severity that is written." },
  ),
});

export const ConfigSchema = section("OneRing's configuration.", {
  http: Http,
  redis: Redis,
  secrets: Secrets,
  asterisks: named("The Asterisks that place the calls.", Asterisk),
  trunks: named("The trunks.", Trunk),
  ranges: named("The caller IDs.", Range),
  routes: Type.Array(Route, { minItems: 1, description: "Which trunk carries what." }),
  apps: named("Who may use the API.", App),
  numbers: Numbers,
  verification: Verification,
  calls: Calls,
  log: Log,
});

/** A whole, valid configuration, every default filled in. */
export type Config = Static<typeof ConfigSchema>;
export type AsteriskConfig = Config["asterisks"][string];
export type TrunkConfig = Config["trunks"][string];
export type RangeConfig = Config["ranges"][string];
