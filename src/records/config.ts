/** Where durable records live, and for how long. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection } from "../typed-yaml/parts.ts";

const days = (defaultDays: number, description: string) =>
  Type.Integer({ default: defaultDays, minimum: 1, maximum: 3650, description });

export const Records = optionalSection(
  "Durable records: events, call detail records, webhook endpoints, audit. Verifications need none of them to be reachable.",
  {
    url: Type.String({
      pattern: "^(sqlite:.+|postgres(ql)?://[^\\s]+|off)$",
      "x-expected": "sqlite:FILE, postgres://user:password@host:port/database or off",
      "x-secret": true,
      default: "sqlite:onering.sqlite",
      description:
        "sqlite:FILE, for one gateway: a file that the gateway creates, relative to its working directory, SQLite because it needs no set-up. postgres://user:password@host:port/database, PostgreSQL 15 or newer, for several gateways; percent-encode special characters of the password, `?sslmode=verify-full` for TLS. off: nothing is recorded, and what reads records answers 503.",
    }),
    migrate: Type.Optional(
      Type.Union([Type.Literal("on_start"), Type.Literal("by_command")], {
        description:
          "Who applies changes of the tables: `on_start` the gateway, `by_command` only `onering migrate`. Without it on_start for SQLite, whose file belongs to one gateway, and by_command for PostgreSQL: a backup can be made first, and the gateway's user needs no right to create tables.",
      }),
    ),
    pool_size: count(
      6,
      2,
      100,
      "Connections to PostgreSQL per gateway, a third of them for writes. 6, so that several gateways stay below PostgreSQL's default of 100.",
    ),
    query_timeout_ms: ms(
      5000,
      100,
      120_000,
      "Deadline of every query; beyond it the request answers 503. 5 s, which only a report over many days needs.",
    ),
    connect_timeout_ms: ms(
      2000,
      100,
      30_000,
      "Deadline of a connection to PostgreSQL, log-in included. 2 s, so that the first requests of an outage do not wait longer.",
    ),
    retention: optionalSection("Days after which records are deleted, by class.", {
      events_days: days(30, "Events. 30 days, enough to look into a complaint that a monthly bill brings up."),
      cdrs_days: days(
        90,
        "Call and message detail records. 90 days, because carriers accept disputes for about that long.",
      ),
      stats_days: days(
        800,
        "Sums of call and message detail records, which hold nothing personal. 800 days, so that a whole year can be compared with the one before.",
      ),
      webhooks_days: days(
        30,
        "Dead letters of webhooks. 30 days, long enough for a receiver to be repaired and to have them sent again.",
      ),
      audit_days: Type.Integer({
        default: 400,
        minimum: 30,
        maximum: 3650,
        description:
          "The audit log. 400 days, so that a yearly review finds the whole year. The tables refuse to delete what is younger than 30 days.",
      }),
    }),
  },
);

export type RecordsConfig = Static<typeof Records>;
