#!lua flags=allow-oom
--[[
Reads a verification; deadlines that passed are applied first.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app   ARGV[3]  1: a person asks

Returns  {'seen', 0, ended now, public fields}   {'not_found'}
]]
--- @include "record"

local record = load(KEYS[1], ARGV[2])
if not record then
  return { 'not_found' }
end
local now = time_ms(ARGV[1])
settle(record, now)
if ARGV[3] == '1' and record.plan ~= '' then
  note_person(record, now)
end
save(record)
return answer(record, 'seen', 0)
