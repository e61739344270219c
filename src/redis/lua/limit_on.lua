#!lua flags=allow-oom
--[[
The limit that stands against a call to this callee now; begins nothing.

KEYS[1]  {s<shard>}:c:<hash of the callee>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app   ARGV[3]  hash of the callee

Returns  {'limited', which, wait ms}   {'free'}
]]
--- @include "tables"
--- @include "time"
--- @include "callee"

local keys = callee_keys(KEYS[1], ARGV[3], ARGV[2])
local limit, wait = limit_on(keys, time_ms(ARGV[1]), 1, keys.starts, true)
if limit then
  return { 'limited', limit, wait }
end
return { 'free' }
