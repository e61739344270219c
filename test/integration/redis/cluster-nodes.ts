/** A Redis Cluster of three masters on loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { Child } from "../../../src/local/process/child.ts";
import { freePort } from "../../../src/local/process/free-port.ts";

export interface Node {
  readonly port: number;
  readonly busPort: number;
  readonly child: Child;
  readonly client: Redis;
}

export interface ClusterNodes {
  readonly nodes: readonly Node[];
  stop(): Promise<void>;
}

export const slots = 16_384;

export async function startCluster(): Promise<ClusterNodes> {
  const folder = await mkdtemp(path.join(tmpdir(), "onering-cluster-"));
  const nodes = await Promise.all([0, 1, 2].map((i) => startNode(i, folder)));
  for (const [i, { client }] of nodes.entries()) {
    await client.cluster("ADDSLOTSRANGE", Math.ceil((i * slots) / 3), Math.ceil(((i + 1) * slots) / 3) - 1);
    await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
  }
  for (const { port, busPort } of nodes.slice(1)) {
    await nodes[0]?.client.call("CLUSTER", "MEET", "127.0.0.1", String(port), String(busPort));
  }
  for (const { client } of nodes) {
    while (!String(await client.cluster("INFO")).includes("cluster_state:ok")) await pause(50);
  }
  return {
    nodes,
    async stop() {
      for (const { client, child } of nodes) {
        client.disconnect();
        await child.stop();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(i: number, folder: string): Promise<Node> {
  const port = await freePort("tcp");
  const busPort = await freePort("tcp");
  const { redisServer } = await findPrograms();
  const settings = {
    ...{
      port,
      bind: "127.0.0.1",
      dir: folder,
      save: "",
      "cluster-enabled": "yes",
      "cluster-port": busPort,
    },
    ...{
      "cluster-config-file": `nodes-${i}.conf`,
      "cluster-node-timeout": 15_000,
      "cluster-allow-replica-migration": "no",
    },
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = await Child.start("redis-server", redisServer, args);
  const client = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await client.ping();
  return { port, busPort, child, client };
}

/** Moves one slot, which has keys, with all of them to the next node, as `redis-cli --cluster reshard` does. */
export async function moveSlot({ nodes }: ClusterNodes, slot: number): Promise<void> {
  const ids = await Promise.all(nodes.map(({ client }) => client.cluster("MYID")));
  const from = Math.floor((slot * 3) / slots);
  const to = (from + 1) % 3;
  const [source, target] = [nodes[from], nodes[to]] as [Node, Node];
  await target.client.cluster("SETSLOT", slot, "IMPORTING", ids[from] as string);
  await source.client.cluster("SETSLOT", slot, "MIGRATING", ids[to] as string);
  const keys = (await source.client.cluster("GETKEYSINSLOT", slot, 100)) as string[];
  if (keys.length === 0) throw new Error(`nothing lies in slot ${slot}`);
  await source.client.call("MIGRATE", "127.0.0.1", String(target.port), "", "0", "5000", "KEYS", ...keys);
  for (const { client } of [target, source]) await client.cluster("SETSLOT", slot, "NODE", ids[to] as string);
}
