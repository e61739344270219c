#!lua
--[[
An act is about to be done: keeps its entry. Without a TTL: what waits for the records must not end by itself.

KEYS[1]  {audit}:queue
ARGV[1]  id   ARGV[2]  the entry as JSON   ARGV[3]  most that may be begun or wait

Returns  {'begun'}   {'full'}
]]
--- @include "audit"
--- @include "time"

if redis.call('XLEN', KEYS[1]) + redis.call('HLEN', BEGUN) >= tonumber(ARGV[3]) then
  return { 'full' }
end
redis.call('HSET', BEGUN, ARGV[1], ARGV[2])
redis.call('ZADD', TIMES, time_ms(''), ARGV[1])
return { 'begun' }
