/**
 * The sources of callees' networks: whether the file of ranges has faults, and whether live sources can be reached. Looks no
 * number up.
 */
import { promises as dns } from "node:dns";
import type { NetworksConfig } from "../numbers/networks/config.ts";
import { loadRanges, RangesFileError } from "../numbers/networks/file-source.ts";
import { createOutgoingHttp } from "../outgoing-http/client.ts";
import type { Clock } from "../shared/clock.ts";
import { isAbsent } from "../shared/name-server.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** It answers, and does not serve the zone. */
const refuses: ReadonlySet<string> = new Set(["EREFUSED", "ESERVFAIL", "ENOTIMP", "EFORMERR"]);

export async function examineNetworks(config: NetworksConfig, clock: Clock): Promise<readonly Finding[]> {
  const { file, enum: byEnum, http } = config;
  const [ofFile, ofEnum, ofHttp] = await Promise.all([
    file === undefined ? [] : examineFile(file),
    byEnum === undefined ? [] : Promise.all(byEnum.servers.map((server) => examineServer(server, byEnum))),
    http === undefined ? [] : [examineService(http, clock)],
  ]);
  return [...ofFile, ...ofEnum, ...(await Promise.all(ofHttp))];
}

async function examineFile(file: NonNullable<NetworksConfig["file"]>): Promise<readonly Finding[]> {
  try {
    const { rows } = await loadRanges(file.path, file.max_rows);
    return [ok(`Networks: ${rows} ranges of ${file.path}`)];
  } catch (error) {
    if (!(error instanceof RangesFileError)) throw error;
    return error.problems.map((problem) =>
      fail(`Networks: ${file.path}: ${problem}`, "The gateway does not start with it; see docs/networks.md."),
    );
  }
}

async function examineServer(
  server: string,
  { zone, timeout_ms: timeout, tries }: NonNullable<NetworksConfig["enum"]>,
): Promise<Finding> {
  const resolver = new dns.Resolver({ timeout, tries });
  resolver.setServers([server]);
  const what = `Networks: the name server ${server}`;
  try {
    await resolver.resolveNaptr(zone);
    return ok(`${what} answers for ${zone}`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // The server answers, though not with records of the zone's own name.
    if (isAbsent(code)) return ok(`${what} answers for ${zone}`);
    if (refuses.has(code)) {
      return warn(
        `${what} does not serve ${zone} (${code})`,
        "Check networks.enum.zone, and whether it knows your address.",
      );
    }
    const fix = "Check the address, the firewall (UDP and TCP) and networks.enum.timeout_ms.";
    return fail(`${what} does not answer (${code})`, fix);
  }
}

async function examineService(
  { url, allow_private: allowPrivate, deadline_ms: deadlineMs }: NonNullable<NetworksConfig["http"]>,
  clock: Clock,
): Promise<Finding> {
  const http = createOutgoingHttp({ clock, allowPrivate, deadlineMs });
  const address = new URL(url.replace(/\{(number|digits)\}/g, "0"));
  try {
    await http.reach(address);
    return ok(`Networks: ${address.host} can be reached`);
  } catch (error) {
    const fix = "Check networks.http.url, the firewall, and allow_private for a host in your own network.";
    return fail(`Networks: ${error instanceof Error ? error.message : address.host}`, fix);
  } finally {
    http.close();
  }
}
