#!lua flags=allow-oom
--[[
A gateway lives. Finds those that have not said so for too long.

Where no gateway at all could say so for a while, Redis was away, or all were down: then none counts as dead before those that
live had time to come back. Otherwise the first one to reconnect would cancel the calls of all others.

KEYS[1]  {gateways}:beats     sorted set: gateway → when it beat last, ms; 0: it stopped
         {gateways}:resumed   string: when beats began again after a gap, ms
ARGV[1]  '', or now in ms (tests)   ARGV[2]  this gateway   ARGV[3]  dead after so many ms without a beat
ARGV[4]  a gap, ms                  ARGV[5]  time to come back, ms   ARGV[6]  how often this gateway beat before

Returns  the dead gateways. Where there are more than MOST, those that died last, and as many others in turn: some whose calls nobody
         can cancel must not stand before one that died a moment ago
]]
--- @include "time"

local KEPT_MS, MOST = 86400000, 20
local now = time_ms(ARGV[1])
local newest = redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]
if now - tonumber(newest or 0) > tonumber(ARGV[4]) then
  redis.call('SET', '{gateways}:resumed', now, 'PX', ARGV[5])
end
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], KEPT_MS)
if redis.call('EXISTS', '{gateways}:resumed') == 1 then
  return {}
end
local since = now - tonumber(ARGV[3])
local dead = redis.call('ZRANGE', KEYS[1], since, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, MOST)
if #dead == MOST then
  local turns = math.ceil(redis.call('ZCOUNT', KEYS[1], '-inf', since) / MOST)
  local first = tonumber(ARGV[6]) % turns * MOST
  for _, gateway in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', since, 'BYSCORE', 'LIMIT', first, MOST)) do
    dead[#dead + 1] = gateway
  end
end
return dead
