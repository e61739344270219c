#!lua flags=allow-oom
--[[
Remembers which delivery a provider's message belongs to, and forgets the receipt that came before. For several at once:
includes/each.lua.

KEYS[1] … {r<shard>}:m:<hash of the receipt's id>   hash: id, attempt, app
ARGV[1]  TTL, ms   ARGV[2]  verification id   ARGV[3]  attempt   ARGV[4]  app

Returns  of each {'early', report} where a receipt came before, else {'new'}
]]
--- @include "receipts"
--- @include "each"

local function remember(key, at)
  -- Providers use their ids again after a time: the newest message has it.
  redis.call('HSET', key, 'id', ARGV[at + 2], 'attempt', ARGV[at + 3], 'app', ARGV[at + 4])
  redis.call('PEXPIRE', key, ARGV[at + 1])
  local early = early_keys(key)
  local report = redis.call('GET', early.report)
  if not report then
    return { 'new' }
  end
  redis.call('DEL', early.report)
  redis.call('ZREM', early.all, early.member)
  return { 'early', report }
end

return each(remember)
