#!lua flags=no-writes
--[[
Reads the newest tries of an endpoint.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  id of the log to read before ('': the newest)   ARGV[2]  most

Returns  {id, entry, ...}, the newest first
]]
--- @include "webhook"

local queue, reply = queue_of(KEYS[1], 0), {}
local last = ARGV[1] == '' and '+' or '(' .. ARGV[1]
for _, found in ipairs(redis.call('XREVRANGE', queue.log, last, '-', 'COUNT', ARGV[2])) do
  reply[#reply + 1] = found[1]
  reply[#reply + 1] = found[2][2]
end
return reply
