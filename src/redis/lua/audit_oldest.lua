#!lua flags=allow-oom
--[[
The oldest final entries. Those that were begun long ago and never finished become final first: their gateway died.

KEYS[1]  {audit}:queue
ARGV[1]  largest number of entries   ARGV[2]  ms after which an end is lost

Returns  {place in the queue, entry as JSON, …}
]]
--- @include "audit"
--- @include "time"

local lost = redis.call('ZRANGE', TIMES, '-inf', time_ms('') - tonumber(ARGV[2]), 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, id in ipairs(lost) do
  redis.call('XADD', KEYS[1], '*', 'entry', redis.call('HGET', BEGUN, id))
  redis.call('HDEL', BEGUN, id)
  redis.call('ZREM', TIMES, id)
end
local reply = {}
for _, one in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])) do
  reply[#reply + 1] = one[1]
  reply[#reply + 1] = one[2][2]
end
return reply
