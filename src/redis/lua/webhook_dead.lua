#!lua flags=allow-oom
--[[
Reads dead letters that wait for records, and removes those that records have.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  most to read   then each entry to remove, as it was read

Returns  the oldest entries (includes/webhook.lua)
]]
--- @include "webhook"

local queue = queue_of(KEYS[1], 0)
-- By value: two gateways may move the same ones.
for i = 2, #ARGV do
  redis.call('LREM', queue.dead, 1, ARGV[i])
end
if ARGV[1] == '0' then
  return {}
end
return redis.call('LRANGE', queue.dead, 0, tonumber(ARGV[1]) - 1)
