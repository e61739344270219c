/** The guard: one decision before each delivery. */
import { type Static, Type } from "typebox";
import { capKeys } from "../apps/caps-config.ts";
import { count, optionalSection, text } from "../typed-yaml/parts.ts";

const mostCounted = 1_000_000_000;

const limit = (perHour: number, perDay: number, description: string) =>
  optionalSection(description, {
    per_hour: count(perHour, 0, mostCounted, "Deliveries in an hour; 0: no limit."),
    per_day: count(perDay, 0, mostCounted, "Deliveries in 24 hours; 0: no limit."),
  });

const answer = (description: string) =>
  Type.Union([Type.Literal("deny"), Type.Literal("shadow")], { default: "deny", description });

const listed = text(
  "^(\\+[0-9]{1,15}|\\S+@\\S+|@\\S+)$",
  "a number or the start of one (+4474065), an address, or @ and a domain",
);

export const GuardSection = optionalSection(
  "The guard: one decision before each delivery, before it costs anything (docs/fraud-guard.md).",
  {
    mode: Type.Union([Type.Literal("off"), Type.Literal("record"), Type.Literal("deny")], {
      default: "record",
      description:
        "What limits and learned thresholds do: `deny` refuses, `record` decides alike but only writes it down, `off` does not count. Read the decisions of some days before you set `deny`. Lists, opt-outs and caps apply in every mode.",
    }),
    answers: optionalSection(
      "What an app gets where a delivery is refused: `deny` is an error; `shadow` looks like a delivery that no one receives, so that an attacker does not learn that the start was found out.",
      {
        lists: answer("Of block lists."),
        limits: answer("Of limits. With `deny` the answer has Retry-After, which honest clients need."),
        learned: answer("Of learned thresholds."),
      },
    ),
    block: Type.Array(listed, {
      default: [],
      maxItems: 10_000,
      uniqueItems: true,
      description:
        "Numbers, starts of numbers, addresses and domains that no app reaches. Also by POST /v1/admin/lists.",
    }),
    allow: Type.Array(listed, {
      default: [],
      maxItems: 10_000,
      uniqueItems: true,
      description:
        "The same for those to which limits and learned thresholds do not apply: your testers, your own offices. Caps, opt-outs and the limits of each callee apply all the same.",
    }),
    caps: optionalSection(
      "What all apps together may use in a UTC day: the most that an attack can cost. Without it no cap; of one app in apps.<name>.caps.",
      capKeys,
    ),
    limits: optionalSection(
      "Deliveries of one app in sliding windows, over all gateways. What counts for one app never holds up another.",
      {
        prefix: limit(
          60,
          300,
          "To one prefix: the number without its last 4 digits, a block of 10,000. An app with 100,000 verifications a day in a country of 10,000 blocks has 10 a day in each; attackers go through the numbers of a few.",
        ),
        network: limit(
          0,
          0,
          "To one network of callees (docs/networks.md). None by default: most of a country's people share three or four.",
        ),
        app: limit(0, 0, "Of the whole app. None by default: caps and learned thresholds bound it."),
        ip: limit(
          100,
          500,
          "Of one `client.ip` (IPv6: one /64). Mobile carriers put thousands of people behind one IPv4 address, so it is high; the learned threshold of an address finds the others.",
        ),
        session: limit(10, 20, "Of one `client.session`. A person who tries every channel twice makes 10."),
        device: limit(10, 30, "Of one `client.device`, which a family may share."),
        address: limit(
          10,
          20,
          "To one e-mail mailbox: without regard to case, to what follows a plus sign, and to dots where the provider ignores them.",
        ),
        domain: limit(
          0,
          0,
          "To one e-mail domain. None by default, because most people share a few; the learned threshold bounds it.",
        ),
      },
    ),
    learned: optionalSection(
      "Thresholds of one app for starts that are not verified, learned from its own traffic: per country, prefix, e-mail domain, address of a client, and in all. What is verified by a code of the app, test numbers and simulated deliveries teach nothing.",
      {
        percent: count(
          20,
          1,
          1000,
          "Unverified starts in excess of what is usual that are allowed, in percent of verified ones: of the best of the last 14 days, or of the last 24 hours; for an hour of the last hour, or a sixth of the day's threshold.",
        ),
        usual_percent: count(
          40,
          0,
          90,
          "Of 100 starts, those that usually stay unverified, until it is learned from 100 verified ones of the last 14 days (never more than 50 then): people mistype, give up, or try another channel as a new start.",
        ),
        in_flight: count(
          10,
          0,
          10_000,
          "Added to the threshold of an hour: people who are typing their code now, which is no failure yet.",
        ),
        country_day_floor: count(
          20,
          1,
          1_000_000,
          "Least threshold of a country in 24 hours: a country without traffic must be able to begin.",
        ),
        prefix_day_floor: count(20, 1, 1_000_000, "The same of a prefix."),
        domain_day_floor: count(20, 1, 1_000_000, "The same of an e-mail domain."),
        app_day_floor: count(100, 1, 1_000_000, "The same of the whole app: five countries that begin."),
        ip_day_floor: count(10, 1, 1_000_000, "The same of a client's address."),
        hour_floor: count(3, 1, 1_000_000, "Least threshold of an hour (not of addresses), beside `in_flight`."),
        warn_countries: count(
          3,
          1,
          20,
          "An address of a client that wants more countries in a UTC day is a warning: a decision is written, nothing is refused.",
        ),
      },
    ),
    fallback_per_minute: count(
      30,
      0,
      1_000_000,
      "Deliveries of one app in a minute that one gateway allows while the counters cannot be read, with `deny` or where caps are set. Few, because an attacker may have caused it; not none, because people wait.",
    ),
    decisions: Type.Union([Type.Literal("all"), Type.Literal("notable")], {
      default: "notable",
      description:
        "Which decisions are kept for GET /v1/decisions: `notable` are those in which a rule spoke; `all` are also those in which none did, a row for each delivery.",
    }),
  },
);

export type GuardConfig = Static<typeof GuardSection>;
