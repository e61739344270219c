#!lua flags=allow-oom
--[[
Reads a verification; deadlines that passed are applied first.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app

Returns  {'seen', 0, ended now, public fields…}   {'not_found'}
]]
--- @include "record"

local record = load(KEYS[1], ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, time_ms(ARGV[1]))
save(record)
return answer(KEYS[1], 'seen', 0, record.ended_now)
