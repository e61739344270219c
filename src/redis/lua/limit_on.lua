#!lua flags=allow-oom
--[[
The limit that stands against a code of so many attempts (calls) for this callee now; begins nothing.

KEYS[1]  {s<shard>}:c:<hash of the callee>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app   ARGV[3]  hash of the callee   ARGV[4]  attempts

Returns  {'limited', which, wait ms}   {'free'}
]]
--- @include "tables"
--- @include "time"
--- @include "callee"

local keys = callee_keys(KEYS[1], ARGV[3], ARGV[2])
local limit, wait = limit_on(keys, time_ms(ARGV[1]), tonumber(ARGV[4]), keys.stem .. ':starts', true)
if limit then
  return { 'limited', limit, wait }
end
return { 'free' }
