#!lua flags=allow-oom
--[[
Ends queued events of an endpoint, those on their way included: as dead letters, or without a trace where it is deleted.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  reason of the dead letters; '': none, everything of the endpoint goes   ARGV[2]  most lanes at once
ARGV[3]  most dead letters

Returns  {lanes that are left}
]]
--- @include "webhook"
--- @include "time"

local queue = queue_of(KEYS[1], time_ms(''))
for _, lane in ipairs(redis.call('ZRANGE', queue.lanes, 0, tonumber(ARGV[2]) - 1)) do
  local length = redis.call('LLEN', queue.lane .. lane)
  if ARGV[1] == '' or length == 0 then
    drop(queue, lane)
  else
    for _ = 1, length do
      bury(queue, lane, ARGV[1], tonumber(ARGV[3]))
    end
  end
end
local left = redis.call('ZCARD', queue.lanes)
if left == 0 then
  if ARGV[1] == '' then
    redis.call('DEL', queue.age, queue.tries, queue.claims, queue.state, queue.failed, queue.seen, queue.dead, queue.log)
  else
    redis.call('DEL', queue.failed)
    redis.call('HDEL', queue.state, 'failing_since', 'opened', 'open_until', 'probe_until')
  end
end
return { left }
