#!lua flags=no-writes
--[[
Length and age of an endpoint's queue.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
No ARGV[1].

Returns  {queued, age of the oldest event in ms (-1: none), dead letters that wait for records, 1 where the circuit is open}
]]
--- @include "webhook"
--- @include "time"

local queue = queue_of(KEYS[1], time_ms(''))
local oldest = redis.call('ZRANGE', queue.age, 0, 0, 'WITHSCORES')
return {
  number_in(queue, 'queued'),
  oldest[2] and math.max(0, queue.now - tonumber(oldest[2])) or -1,
  redis.call('LLEN', queue.dead),
  number_in(queue, 'open_until') > 0 and 1 or 0,
}
