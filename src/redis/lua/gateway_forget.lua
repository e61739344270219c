#!lua flags=allow-oom
--[[
A gateway has no INVITEs left, or stops.

KEYS[1]  {gateways}:beats (see gateway_beat.lua)
ARGV[1]  '', or now in ms (tests)   ARGV[2]  the gateway   ARGV[3]  dead after so many ms without a beat
ARGV[4]  'dead': it has none left, and is forgotten unless it beat again   'stops': with INVITEs that others are to look for
         'gone': it stops without any

Returns  {1: it is dead, 0: it beat again}
]]
--- @include "time"

if ARGV[4] == 'stops' then
  redis.call('ZADD', KEYS[1], 'XX', 0, ARGV[2])
  return { 1 }
end
local beat = ARGV[4] == 'dead' and redis.call('ZSCORE', KEYS[1], ARGV[2])
if beat and tonumber(beat) > time_ms(ARGV[1]) - tonumber(ARGV[3]) then
  return { 0 }
end
redis.call('ZREM', KEYS[1], ARGV[2])
return { 1 }
