#!lua flags=allow-oom
--[[
Remembers which delivery a provider's message belongs to, and forgets the receipt that came before.

KEYS[1]  {r<shard>}:m:<hash of the receipt's id>   hash: id, attempt, app
ARGV[1]  TTL, ms   ARGV[2]  verification id   ARGV[3]  attempt   ARGV[4]  app

Returns  {'early', report} where a receipt came before, else {'new'}
]]
--- @include "receipts"

-- Providers use their ids again after a time: the newest message has it.
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'attempt', ARGV[3], 'app', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local early = early_keys(KEYS[1])
local report = redis.call('GET', early.report)
if not report then
  return { 'new' }
end
redis.call('DEL', early.report)
redis.call('ZREM', early.all, early.member)
return { 'early', report }
