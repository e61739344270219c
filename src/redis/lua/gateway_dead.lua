#!lua flags=no-writes
--[[
Whether a gateway counts as dead. One that was forgotten does not: it has nothing left, or lives and will say so.

KEYS[1]  {gateways}:beats (see gateway_beat.lua)
ARGV[1]  '', or now in ms (tests)   ARGV[2]  the gateway   ARGV[3]  dead after so many ms without a beat

Returns  {1: it is dead, 0: it is not}
]]
--- @include "time"

local beat = redis.call('ZSCORE', KEYS[1], ARGV[2])
return { beat and tonumber(beat) <= time_ms(ARGV[1]) - tonumber(ARGV[3]) and 1 or 0 }
