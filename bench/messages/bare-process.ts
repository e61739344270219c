/**
 * The bare side: Fastify and ioredis as they come, one route: write what is verified to Redis, submit its message by the
 * gateway's own SMPP client, answer when the SMSC took it. No limits, no receipts, no state to keep.
 */
import { randomInt } from "node:crypto";
import { fastify } from "fastify";
import { Redis } from "ioredis";
import { bindToSink } from "./library.ts";
import { bareText } from "./protocol.ts";

const redis = new Redis(process.env.BENCH_REDIS ?? "");
const send = await bindToSink(Number(process.env.BENCH_SINK_PORT));
const server = fastify();
let lastId = 0;
server.post<{ Body: { to: string } }>("/v1/verifications", async ({ body: { to } }, reply) => {
  lastId += 1;
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  await redis.hset(`bare:${lastId}`, { to, code, at: Date.now() });
  await send(to, bareText(code));
  reply.code(201);
  return { id: String(lastId), to, status: "delivered" };
});
const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ type: "ready", url });
process.on("disconnect", () => process.exit(0));
