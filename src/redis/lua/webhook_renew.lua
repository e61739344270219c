#!lua flags=allow-oom
--[[
Prolongs claims of events whose delivery takes long.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  length of a claim, ms   then for each: lane, token

Returns  {number of claims that are held still}
]]
--- @include "webhook"
--- @include "time"

local queue = queue_of(KEYS[1], time_ms(''))
local until_ms, held = queue.now + tonumber(ARGV[1]), 0
for i = 2, #ARGV, 2 do
  if redis.call('HGET', queue.claims, ARGV[i]) == ARGV[i + 1] then
    redis.call('ZADD', queue.lanes, 'XX', until_ms, ARGV[i])
    held = held + 1
  end
end
if held > 0 and redis.call('HEXISTS', queue.state, 'probe_until') == 1 then
  redis.call('HSET', queue.state, 'probe_until', string.format('%.0f', until_ms))
end
return { held }
