#!lua flags=allow-oom
--[[
Finds the delivery that a receipt belongs to. Where there is none the receipt is kept for a while: it may have overtaken the
answer to the submit.

KEYS[1]  {r<shard>}:m:<hash of the receipt's id>   hash: id, attempt, app
ARGV[1]  "<state> <reason> <result (JSON)>"   ARGV[2]  how long it is kept, ms   ARGV[3]  most that are kept in this shard

Returns  {'known', verification id, attempt, app}   {'early'}   {'dropped'}
]]
--- @include "receipts"
--- @include "time"

local owner = redis.call('HMGET', KEYS[1], 'id', 'attempt', 'app')
if owner[1] then
  return { 'known', owner[1], owner[2], owner[3] }
end
local early, now, keep_ms = early_keys(KEYS[1]), time_ms(''), tonumber(ARGV[2])
local kept = redis.call('GET', early.report)
if kept then
  -- The first final one stays.
  if string.sub(kept, 1, 5) == 'sent ' then
    redis.call('SET', early.report, ARGV[1], 'KEEPTTL')
  end
  return { 'early' }
end
redis.call('ZREMRANGEBYSCORE', early.all, '-inf', now)
if redis.call('ZCARD', early.all) >= tonumber(ARGV[3]) then
  return { 'dropped' }
end
redis.call('SET', early.report, ARGV[1], 'PX', keep_ms)
redis.call('ZADD', early.all, now + keep_ms, early.member)
redis.call('PEXPIRE', early.all, keep_ms)
return { 'early' }
