/** A private NSD on loopback with one zone, and one whose file is missing: a real name server, without root. */
import { Resolver } from "node:dns/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import type { NameServerProgram } from "./fetch/name-server.ts";

const readyDeadlineMs = 10_000;

/** A zone of every NSD here that it answers with SERVFAIL. */
export const brokenZone = "broken.test";

export interface Nsd {
  /** `127.0.0.1:<port>`, as c-ares takes it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** @param records lines of the zone file below the SOA and NS records */
export async function startNsd(program: NameServerProgram, zone: string, records: readonly string[]): Promise<Nsd> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-nsd-"));
  const port = await freePort("udp", "tcp");
  const zoneFile = path.join(dir, "zone");
  const own = [
    `$ORIGIN ${zone}.`,
    "$TTL 60",
    "@ IN SOA ns hostmaster 1 3600 600 86400 60",
    "@ IN NS ns",
    "ns IN A 127.0.0.1",
  ];
  await writeFile(zoneFile, `${[...own, ...records].join("\n")}\n`);
  const file = path.join(dir, "nsd.conf");
  await writeFile(file, configurationOf({ dir, port, zone, zoneFile }));
  const child = await Child.start("nsd", { ...program, args: [] }, ["-d", "-c", file]);
  const address = `127.0.0.1:${port}`;
  const stop = async () => {
    await child.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await child.waitUntil(
      () => answers(address, zone),
      readyDeadlineMs,
      async () => child.output.slice(-2000),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

function configurationOf({
  dir,
  port,
  zone,
  zoneFile,
}: Record<"dir" | "zone" | "zoneFile", string> & { port: number }) {
  return `server:
  ip-address: 127.0.0.1@${port}
  do-ip6: no
  username: ""
  chroot: ""
  zonesdir: "${dir}"
  database: ""
  pidfile: "${dir}/nsd.pid"
  xfrdfile: "${dir}/xfrd.state"
  zonelistfile: "${dir}/zone.list"
  xfrdir: "${dir}"
  server-count: 1
  verbosity: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "${zone}"
  zonefile: "${zoneFile}"
zone:
  name: "${brokenZone}"
  zonefile: "${dir}/missing"
`;
}

async function answers(address: string, zone: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([address]);
  return resolver.resolveNs(zone).then(
    () => true,
    () => false,
  );
}
