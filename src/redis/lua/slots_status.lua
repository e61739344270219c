#!lua flags=no-writes
--[[
How busy trunks and Asterisks are, over all gateways, and what is out of service. Changes nothing.

KEYS[1]  {admission}:out
ARGV[1], ARGV[2], …  kind and name of each part

Returns  four values for each part: calls that hold a slot, calls scheduled in the last whole second,
         ms that a new call would wait, the outage as JSON or ''
]]
--- @include "slot"

local PAIR = 2
local now, state = time_ms(), {}

for i = 1, #ARGV, PAIR do
  local keys = keys_of(ARGV[i], ARGV[i + 1])
  table.insert(state, redis.call('ZCOUNT', keys.calls_key, string.format('(%.3f', now), '+inf'))
  table.insert(state, tonumber(redis.call('GET', begun_key(keys, now - 1000)) or 0))
  table.insert(state, math.max(0, math.floor(turn(keys, now) - now)))
  table.insert(state, redis.call('HGET', KEYS[1], label_of(ARGV[i], ARGV[i + 1])) or '')
end
return state
