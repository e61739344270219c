/** What several processes of one gateway cannot have, because it is one process' own. */
import { isIPv4 } from "node:net";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { ServerConfig } from "./config.ts";
import { processCount } from "./count.ts";
import { ariAppOf, type Divided, sipPortsOf } from "./own-config.ts";

interface Sections extends Divided {
  readonly server: ServerConfig;
  readonly records: { readonly url: string };
  readonly scrubs?: unknown;
  readonly sip_capture?: { readonly host: string };
}

export const processChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["server", "records"], problems: recordsAreShared },
  { reads: ["server"], problems: scrubsHaveOneProcess },
  { reads: ["server"], problems: captureReachesAll },
  { reads: ["server"], problems: sipPortsAreApart },
  { reads: ["server", "asterisks"], problems: appNamesAreShort },
];

/** Of the pattern of `ari_app`. */
const longestApp = 40;
const highestPort = 65_535;

/** The number of processes as configured; `auto` counts as several on every machine. Null: one, or not known. */
function several({ server }: Pick<Sections, "server">, isSound: IsSound): { given: string; count: number } | null {
  const path = ["server", "processes"];
  if (!isSound(path) || server.processes === 1) return null;
  return { given: String(server.processes), count: Math.max(2, processCount(server)) };
}

function recordsAreShared(config: Sections, isSound: IsSound): Problem[] {
  const found = several(config, isSound);
  const path = ["records", "url"];
  if (found === null || !isSound(path) || !config.records.url.startsWith("sqlite:")) return [];
  const expected = `postgres://… or off: a SQLite file belongs to one process, and server.processes is ${found.given}`;
  return [{ path, given: "a SQLite file", expected }];
}

/** A list lies in the folder of the process that took it, and the next request comes to another one. */
function scrubsHaveOneProcess(config: Sections, isSound: IsSound): Problem[] {
  const found = several(config, isSound);
  if (found === null || config.scrubs === undefined) return [];
  const expected = `no such section: a list belongs to one process, and server.processes is ${found.given}. Run a gateway with one process for /v1/scrubs`;
  return [{ path: ["scrubs"], given: "a section", expected }];
}

function captureReachesAll(config: Sections, isSound: IsSound): Problem[] {
  const found = several(config, isSound);
  const path = ["sip_capture", "host"];
  const host = config.sip_capture?.host;
  if (found === null || host === undefined || !isSound(path) || isMulticast(host)) return [];
  const expected = `a multicast group such as 239.1.1.1: every process must get each packet, and server.processes is ${found.given}`;
  return [{ path, given: JSON.stringify(host), expected }];
}

/** As the capture joins them: groups of IPv4 alone. */
function isMulticast(host: string): boolean {
  return isIPv4(host) && /^2(2[4-9]|3\d)\./.test(host);
}

function sipPortsAreApart(config: Sections, isSound: IsSound): Problem[] {
  const found = several(config, isSound);
  if (found === null || config.sip === undefined || !isSound(["sip"])) return [];
  const { count } = found;
  const ports = sipPortsOf(config.sip, count);
  const problems = ports
    .filter(({ last }) => last > highestPort)
    .map(({ key, first }) => {
      const expected = `at most ${highestPort - count + 1}: each of ${count} processes has its own`;
      return { path: ["sip", ...key], given: String(first), expected };
    });
  const tcp = ports.find(({ name }) => name === "TCP");
  const tls = ports.find(({ name }) => name === "TLS");
  if (tcp === undefined || tls === undefined || tls.first > tcp.last || tcp.first > tls.last) return problems;
  const expected = `a port outside of ${tcp.first} to ${tcp.last}, and ${count} free ones from it on: each of ${count} processes takes its own ports, from sip.tcp_port and sip.tls.port on`;
  return [...problems, { path: ["sip", ...tls.key], given: String(tls.first), expected }];
}

function appNamesAreShort(config: Sections, isSound: IsSound): Problem[] {
  const found = several(config, isSound);
  if (found === null) return [];
  const added = ariAppOf("", found.count - 1).length;
  return Object.entries(config.asterisks).flatMap(([name, { ari_app: app }]) => {
    const path = ["asterisks", name, "ari_app"];
    if (!isSound(path) || app.length + added <= longestApp) return [];
    const expected = `at most ${longestApp - added} characters: further processes have ${ariAppOf("NAME", 1)} and so on`;
    return [{ path, given: JSON.stringify(app), expected }];
  });
}
