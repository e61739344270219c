/** What is known of callees' networks: the operator's ranges, live sources, and how their answers are kept. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection, seconds, secret, section, text } from "../../typed-yaml/parts.ts";

const code = (options: { readonly description?: string } = {}) =>
  text("^[2-79]\\d\\d[- ]?\\d{2,3}$", "an MCC and MNC such as 25001 or 250-01", options);
const name = (description: string) => Type.String({ minLength: 1, maxLength: 100, description });
const pointer = (description: string) =>
  Type.Optional(text("^(/[^/]*){0,10}$", "a JSON pointer such as /network/mccmnc (RFC 6901)", { description }));
const budget = (perMinute: number, perDay: number, why: string) => ({
  per_minute: count(perMinute, 1, 1_000_000, `Lookups in a minute, over all gateways. ${why}`),
  per_day: count(perDay, 1, 1_000_000_000, "Lookups in a UTC day, over all gateways: the most that it can cost."),
});

/** A network in lists of the configuration: by code or by name. */
const networkInList = Type.String({
  minLength: 1,
  maxLength: 100,
  description: "A network by its code (25001, 250-01) or its name (without regard to case).",
});

/** The networks that a route of calls or messages is for. */
export const networksOfRoute = (description: string) =>
  Type.Optional(Type.Array(networkInList, { minItems: 1, maxItems: 1000, uniqueItems: true, description }));

const File = section(
  "Your own ranges: a CSV file with the fields prefix, mcc_mnc, name and optionally ported; the longest prefix counts. It is read at the start and at each reload; a file with a fault changes nothing.",
  {
    path: Type.String({ minLength: 1, maxLength: 4096, description: "The file." }),
    max_rows: count(
      1_000_000,
      1,
      10_000_000,
      "Ranges at most; a row takes 17 to 34 bytes of memory, so a million take 25 MB. A file that grew by mistake is refused.",
    ),
  },
);

const Enum = section(
  "ENUM (RFC 6116): a name server that knows ported numbers, yours or a supplier's. It is asked for NAPTR records with the services E2U+pstn and E2U+sip.",
  {
    zone: text("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]{2,63}$", "a domain such as enum.example.net", {
      description: "The domain that the reversed digits are put before.",
    }),
    servers: Type.Array(
      text(
        "^(\\d{1,3}(\\.\\d{1,3}){3}(:\\d{1,5})?|[0-9a-fA-F:]{2,39}|\\[[0-9a-fA-F:]{2,39}\\](:\\d{1,5})?)$",
        "an address with an optional port, such as 192.0.2.53 or [2001:db8::53]:5353",
      ),
      { minItems: 1, maxItems: 8, uniqueItems: true, description: "Its name servers, asked in their order." },
    ),
    timeout_ms: ms(
      150,
      10,
      10_000,
      "Wait for one server at the first try; it doubles with each. A name server of the region answers within 50 ms, and a lost packet then leaves time for two more.",
    ),
    tries: count(2, 1, 5, "Tries of each server."),
    deadline_ms: ms(1000, 50, 30_000, "Longest time of a lookup, all servers and tries together."),
    max_concurrent: count(100, 1, 10_000, "Lookups at the same time of one gateway; further ones are not made."),
    providers: Type.Record(
      text("^[\\w.-]{1,40}$", "a service provider number, or the start of a routing number without the plus sign"),
      section("The network that it stands for.", {
        mcc_mnc: Type.Optional(code({ description: "Its code." })),
        name: Type.Optional(name("Its name.")),
      }),
      {
        default: {},
        maxProperties: 10_000,
        description:
          "What answers name a network by where they have no mcc and mnc: `spn` as it is, `rn` by its longest start here.",
      },
    ),
    ...budget(6000, 1_000_000, "100 a second is what one name server answers with ease; lower it to what you pay for."),
  },
);

const Http = section(
  "A lookup service with an HTTP API: GET, and an answer in JSON. 404 means that it does not know the number; 429 and errors make the gateway ask less, and not at all while it is down.",
  {
    url: Type.String({
      pattern: "^https?://[^\\s@]{1,2000}$",
      description: "Its address, with {number} (E.164 with the plus sign) or {digits} (without). It may hold a key.",
      "x-expected": "an address such as https://lookup.example.com/v1/{digits}",
      "x-secret": true,
    }),
    headers: Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9-]{1,60}$" }),
      Type.String({ maxLength: 4000, "x-secret": true, description: "Its value." }),
      {
        default: {},
        maxProperties: 20,
        description: "Headers of each request; give secrets by environment variables.",
      },
    ),
    bearer: Type.Optional(secret("Token for `Authorization: Bearer`.", 1)),
    basic: Type.Optional(
      section("Basic authentication.", {
        user: Type.String({ minLength: 1, maxLength: 200, description: "User." }),
        password: secret("Password.", 1),
      }),
    ),
    mcc_mnc: pointer("Where the answer has the code, in one value."),
    mcc: pointer("Where it has the country's part."),
    mnc: pointer("Where it has the network's part."),
    name: pointer("Where it has the network's name."),
    ported: pointer("Where it says whether the number was ported: true, false, yes, no, 1, 0, ported or not_ported."),
    deadline_ms: ms(
      2000,
      50,
      30_000,
      "Longest time of a lookup. Services that ask the home network (HLR) take up to two seconds.",
    ),
    per_second: count(50, 1, 10_000, "Lookups in a second of one gateway."),
    allow_private: Type.Boolean({
      default: false,
      description: "Lets the URL lead into your own network, over http too: for a service of your own.",
    }),
    ...budget(600, 10_000, "Each lookup costs money, and anybody who may start verifications causes them."),
  },
);

export const NetworksSection = optionalSection(
  "The callees' networks (docs/networks.md). Without any key: names by number range, from libphonenumber's data.",
  {
    order: Type.Array(Type.Union([Type.Literal("file"), Type.Literal("enum"), Type.Literal("http")]), {
      default: ["file", "enum", "http"],
      maxItems: 3,
      uniqueItems: true,
      description:
        "Which configured source is asked first; the first one that knows the number decides. One that is left out is not asked. Names by range come last.",
    }),
    wait_ms: ms(
      100,
      0,
      5000,
      "How long a start waits for the live sources where they do not answer from the cache, so that its route and channel go by the network; 0: it does not wait, and the answer counts from the next delivery on. A person does not notice 100 ms before a ring that takes seconds. Without live sources nothing waits.",
    ),
    names: Type.Record(code(), name("The network's name."), {
      default: {},
      maxProperties: 5000,
      description: "Names of networks of which a source gives the code alone.",
    }),
    file: Type.Optional(File),
    enum: Type.Optional(Enum),
    http: Type.Optional(Http),
    cache: optionalSection(
      "How answers of live sources are kept, in memory and by a keyed hash of the number in Redis.",
      {
        seconds: seconds(
          86_400,
          60,
          2_592_000,
          "How long an answer counts. Porting a number takes a day or more, so an older answer may be wrong.",
        ),
        negative_seconds: seconds(
          3600,
          10,
          604_800,
          "How long it counts that no source knows the number. Shorter: such an answer may be an error of the source.",
        ),
        memory_entries: count(
          20_000,
          100,
          1_000_000,
          "Latest answers that each gateway keeps in memory; 100,000 take 30 MB. Holds after a restart.",
        ),
      },
    ),
  },
);

export type NetworksConfig = Static<typeof NetworksSection>;
