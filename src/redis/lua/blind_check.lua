#!lua
--[[
Counts a check of a number of which nothing is open, per app and callee.

KEYS[1]  {s<shard>}:c:<hash of the callee>:blind:<app>    number
ARGV[1]  '', or now in ms (tests)

Returns  how many within the life of a verification, this one too
]]
--- @include "tables"
local counted = redis.call('INCR', KEYS[1])
if counted == 1 then
  redis.call('PEXPIRE', KEYS[1], TTL_MS)
end
return { counted }
