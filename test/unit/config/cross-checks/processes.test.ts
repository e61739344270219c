import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases, pbx } from "./cases.ts";

const server =
  (processes: unknown, more: Record<string, unknown> = {}): Change =>
  (c) =>
    Object.assign(c, { server: { processes }, records: { url: "off" }, ...more });
const sip = (own: object) => ({ sip: { host: "192.0.2.1", ...own } });

describe("several processes of one gateway", () => {
  cases([
    ["one with a SQLite file is fine", server("1", { records: { url: "sqlite:a.db" } })],
    ["four with PostgreSQL", server("4", { records: { url: "postgres://onering:s3xY-pass@db/onering" } })],
    ["as many as there are cores", server("auto")],
    ["none", server("0"), /^server\.processes: "0" → a whole number from 1 to 64, or auto/],
    ["a word", server("many"), /^server\.processes: "many" → a whole number from 1 to 64, or auto/],
    [
      "a SQLite file, which has one writer",
      server("4", { records: { url: "sqlite:a.db" } }),
      /^records\.url: a SQLite file → postgres:.* or off: .*one process, and server\.processes is 4/,
    ],
    [
      "the same by default, and on a machine with one core",
      server("auto", { records: {} }),
      /^records\.url: .*server\.processes is auto/,
    ],
    ["lists that apps have cleaned", server("2", { scrubs: { folder: "/var/lib/lists" } }), /^scrubs: .*one process/],
    [
      "a SIP capture that only one of them gets",
      server("2", { sip_capture: { host: "127.0.0.1", password: "9fGq2LwZx7Tt" } }),
      /^sip_capture\.host: "127\.0\.0\.1" → a multicast group/,
    ],
    [
      "one of a group that the capture does not join",
      server("2", { sip_capture: { host: "ff02::1", password: "9fGq2LwZx7Tt" } }),
      /^sip_capture\.host: "ff02::1" → a multicast group/,
    ],
    ["one that all get", server("2", { sip_capture: { host: "239.1.1.1", password: "9fGq2LwZx7Tt" } })],
    [
      "SIP ports up to the last one",
      server("4", sip({ udp_port: "65533" })),
      /^sip\.udp_port: 65533 → at most 65532: each of 4 processes/,
    ],
    [
      "TLS on a port that is TCP of the next process",
      server(
        "2",
        sip({ tcp_port: "5060", tls: { port: "5061", certificate: "x".repeat(100), private_key: "y".repeat(100) } }),
      ),
      /^sip\.tls\.port: 5061 → a port outside of 5060 to 5061/,
      // These are none.
      /^sip\.tls\./,
      /^sip\.tls\./,
    ],
    [
      "a name of an application that leaves no room",
      server("12", { asterisks: { pbx: { ...pbx, ari_app: "a".repeat(37) } } }),
      /^asterisks\.pbx\.ari_app: "a+" → at most 36 characters/,
    ],
  ]);
});
