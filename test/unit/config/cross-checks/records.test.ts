import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases } from "./cases.ts";

describe("durable records", () => {
  const url =
    (text: string): Change =>
    (c) =>
      (c.records = { url: text });
  cases([
    ["a SQLite file is fine", url("sqlite:/var/lib/onering/records.sqlite")],
    ["off is fine", url("off")],
    ["PostgreSQL is fine", url("postgres://onering:s3xY%2Fpass@db:5432/onering?sslmode=verify-full")],
    ["PostgreSQL over a socket is fine", url("postgres://onering:s3xY-pass@/onering?host=/run/postgresql")],
    [
      "a plain file name, with a password in it by mistake: hidden",
      url("onering.sqlite"),
      /^records\.url: \(hidden.*\) → sqlite:FILE, postgres:\/\/user:password@host:port\/database or off/,
    ],
    ["no user and no database", url("postgres://db"), /^records\.url: an address without a user and a database/],
    ["a password that is not escaped", url("postgres://onering:p%ss@db/onering"), /^records\.url: \(hidden\) → a URL/],
    [
      "an unknown way of migrating",
      (c) => (c.records = { migrate: "later" }),
      /^records\.migrate: .*later.* → .*on_start.*by_command/,
    ],
    [
      "a class of retention that does not exist",
      (c) => (c.records = { retention: { cdr_days: "3" } }),
      /^records\.retention\.cdr_days: /,
    ],
  ]);
});
