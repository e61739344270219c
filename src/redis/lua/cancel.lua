#!lua flags=allow-oom
--[[
Cancels a verification for its app. Changes nothing where it has ended.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app

Returns  {'seen', 0, ended now, public fields}   {'not_found'}
]]
--- @include "record"

local record = load(KEYS[1], ARGV[2])
if not record then
  return { 'not_found' }
end
local now = time_ms(ARGV[1])
settle(record, now)
move(record, 'canceled', now)
save(record)
return answer(record, 'seen', 0)
