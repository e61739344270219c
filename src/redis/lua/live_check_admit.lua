#!lua
--[[
Counts a live check within the limits of all live checks and of its app, over all gateways.

KEYS[1]  {live_check}:up   sorted set: id → when its place is free, ms; and the stem of
         {live_check}:minute:<minute>, {live_check}:minute:<minute>:<app>, {live_check}:day:<day>:<app>   numbers
ARGV[1]  '', or now in ms (tests)   ARGV[4]  lease, ms           ARGV[7]  the app's a minute
ARGV[2]  id                         ARGV[5]  most at once        ARGV[8]  the app's a day
ARGV[3]  app                        ARGV[6]  most a minute

Returns  {'taken', stamp of its minute and day}   {'limited', retry after ms}
]]
--- @include "time"

local MINUTE_MS, DAY_MS, FULL_RETRY_MS = 60000, 86400000, 1000
local now, id, app = time_ms(ARGV[1]), ARGV[2], ARGV[3]
local minute, day = math.floor(now / MINUTE_MS), math.floor(now / DAY_MS)
local counts = {
  { '{live_check}:minute:' .. minute, tonumber(ARGV[6]), MINUTE_MS },
  { '{live_check}:minute:' .. minute .. ':' .. app, tonumber(ARGV[7]), MINUTE_MS },
  { '{live_check}:day:' .. day .. ':' .. app, tonumber(ARGV[8]), DAY_MS },
}

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5]) then
  return { 'limited', FULL_RETRY_MS }
end
for _, count in ipairs(counts) do
  if tonumber(redis.call('GET', count[1]) or 0) >= count[2] then
    return { 'limited', count[3] - now % count[3] }
  end
end
for _, count in ipairs(counts) do
  redis.call('INCR', count[1])
  redis.call('PEXPIRE', count[1], 2 * count[3])
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), id)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 'taken', minute .. ' ' .. day }
