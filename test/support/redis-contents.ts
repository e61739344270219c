/** What a Redis holds, of one moment: between two commands a key may end, by its TTL or by a timer of the service. */
import type { Redis } from "ioredis";

export interface KeptKey {
  readonly key: string;
  /** Milliseconds that are left to it; -1: it stays for ever. */
  readonly ttlMs: number;
  /** All that it holds, as text. */
  readonly content: string;
}

const script = `
  local readers = {
    string = function(key) return { redis.call('GET', key) } end,
    hash = function(key) return redis.call('HGETALL', key) end,
    zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
    list = function(key) return redis.call('LRANGE', key, 0, -1) end,
    stream = function(key)
      local all = {}
      for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
        all[#all + 1] = entry[1] .. ' ' .. table.concat(entry[2], ' ')
      end
      return all
    end,
    set = function(key) return redis.call('SMEMBERS', key) end,
  }
  local kept = {}
  for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
    local kind = redis.call('TYPE', key).ok
    if not readers[kind] then
      return redis.error_reply(key .. ' has type ' .. kind .. ', which tests cannot read')
    end
    kept[#kept + 1] = { key, redis.call('PTTL', key), table.concat(readers[kind](key), '\\n') }
  end
  return kept`;

/** Reads all keys, or those that match a pattern of KEYS. */
export async function redisContents(redis: Redis, pattern = "*"): Promise<KeptKey[]> {
  const kept = (await redis.eval(script, 0, pattern)) as [string, number, string][];
  return kept.map(([key, ttlMs, content]) => ({ key, ttlMs, content }));
}
