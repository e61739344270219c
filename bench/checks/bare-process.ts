/** The bare side: Fastify and ioredis as they come, one route, one Lua call that counts a try and compares a code. */
import { fastify } from "fastify";
import { Redis } from "ioredis";

const lua = `
redis.call('HINCRBY', KEYS[1], 'tries', 1)
return redis.call('HGET', KEYS[1], 'code') == ARGV[1] and 1 or 0`;

interface BareRedis extends Redis {
  bareCheck(key: string, code: string): Promise<number>;
}

const redis = new Redis(process.env.BENCH_REDIS ?? "") as BareRedis;
redis.defineCommand("bareCheck", { numberOfKeys: 1, lua });
const server = fastify();
server.post<{ Params: { id: string }; Body: { code: string } }>("/v1/verifications/:id/check", async (request) => {
  const { id } = request.params;
  return { id, valid: (await redis.bareCheck(`bare:${id}`, request.body.code)) === 1 };
});
const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ type: "ready", url });
process.on("disconnect", () => process.exit(0));
