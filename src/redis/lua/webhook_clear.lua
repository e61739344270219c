#!lua flags=allow-oom
--[[
Ends queued events of an endpoint, those on their way included: as dead letters, or without a trace where it is deleted.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  reason of the dead letters; '': none, everything of the endpoint goes   ARGV[2]  most lanes at once
ARGV[3]  most dead letters   then the lanes; none: all of them

Returns  {lanes that are left, events that were ended}
]]
--- @include "webhook"
--- @include "time"

local queue = queue_of(KEYS[1], time_ms(''))
local lanes = {}
for i = 4, #ARGV do
  lanes[#lanes + 1] = ARGV[i]
end
local all = #lanes == 0
if all then
  lanes = redis.call('ZRANGE', queue.lanes, 0, tonumber(ARGV[2]) - 1)
end
local ended = 0
for _, lane in ipairs(lanes) do
  local length = redis.call('LLEN', queue.lane .. lane)
  ended = ended + length
  if ARGV[1] == '' then
    redis.call('HINCRBY', queue.state, 'queued', -length)
    redis.call('DEL', queue.lane .. lane)
    redis.call('HDEL', queue.tries, lane)
    redis.call('HDEL', queue.claims, lane)
    redis.call('ZREM', queue.lanes, lane)
    redis.call('ZREM', queue.age, lane)
  else
    for _ = 1, length do
      bury(queue, lane, ARGV[1], tonumber(ARGV[3]))
    end
  end
end
local left = redis.call('ZCARD', queue.lanes)
if all and left == 0 then
  if ARGV[1] == '' then
    redis.call('DEL', queue.age, queue.tries, queue.claims, queue.state, queue.failed, queue.seen, queue.dead, queue.log)
  else
    redis.call('DEL', queue.failed)
    redis.call('HDEL', queue.state, 'failing_since', 'opened', 'open_until', 'probe_until')
  end
end
return { left, ended }
