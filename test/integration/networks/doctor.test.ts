import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineNetworks } from "../../../src/doctor/networks.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type NetworksConfig, NetworksSection } from "../../../src/numbers/networks/config.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { ensureNameServer } from "../../support/fetch/name-server.ts";
import { type Nsd, startNsd } from "../../support/nsd.ts";

let dir: string;
let nsd: Nsd;
let service: Server;
let servicePort: number;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-networks-doctor-"));
  nsd = await startNsd(await ensureNameServer(runtimeDir, () => undefined), "enum.test", []);
  service = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  servicePort = (service.address() as AddressInfo).port;
});
afterAll(async () => {
  service.close();
  await nsd?.stop();
  await rm(dir, { recursive: true, force: true });
});

const examine = async (own: object) => {
  const found = await examineNetworks(Value.Default(NetworksSection, own) as NetworksConfig, systemClock);
  return found.map(({ level, what }) => `${level} ${what}`);
};
const httpOf = (port: number) => ({
  url: `http://127.0.0.1:${port}/{digits}?key=secret`,
  allow_private: true,
  name: "/n",
});

test("sources that work, and no word where none is configured", async () => {
  const file = path.join(dir, "ranges.csv");
  await writeFile(file, "44,,A\n45,,B\n");
  const byEnum = { zone: "enum.test", servers: [nsd.address] };
  expect(await examine({ file: { path: file }, enum: byEnum, http: httpOf(servicePort) })).toEqual([
    `ok Networks: 2 ranges of ${file}`,
    `ok Networks: the name server ${nsd.address} answers for enum.test`,
    `ok Networks: 127.0.0.1:${servicePort} can be reached`,
  ]);
  expect(await examine({})).toEqual([]);
});

test("each fault by itself, without a secret", async () => {
  const file = path.join(dir, "faults.csv");
  await writeFile(file, "44,,A\n44,,B\n,,\n");
  const [silent, closed] = [await freePort("udp"), await freePort("tcp")];
  const servers = [`127.0.0.1:${silent}`, nsd.address];
  const found = await examine({
    ...{ file: { path: file }, enum: { zone: "other.test", servers, timeout_ms: 50, tries: 1 }, http: httpOf(closed) },
  });
  expect(found).toEqual([
    `fail Networks: ${file}: line 2: its prefix was given before`,
    expect.stringMatching(/^fail Networks: .*faults\.csv: line 3: prefix/),
    expect.stringMatching(
      `^fail Networks: the name server 127.0.0.1:${silent} does not answer \\((ETIMEOUT|ECONNREFUSED)\\)$`,
    ),
    `warn Networks: the name server ${nsd.address} does not serve other.test (EREFUSED)`,
    expect.stringMatching(`^fail Networks: 127.0.0.1:${closed}: no connection`),
  ]);
  expect(found.join()).not.toContain("secret");
});
