#!lua
--[[
Counts a check of a number without an open verification, per app and callee.

KEYS[1]  {s<shard>}:c:<hash of the callee>:blind:<app>    number
ARGV[1]  '', or now in ms (tests)

Returns  how many within the lifetime of a verification, including this one
]]
--- @include "tables"
local counted = redis.call('INCR', KEYS[1])
if counted == 1 then
  redis.call('PEXPIRE', KEYS[1], TTL_MS)
end
return { counted }
