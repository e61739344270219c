#!lua flags=allow-oom
--[[
Gives back a place that take_line gave. Doing so twice, or after its lease ended, changes nothing.

KEYS[1]  {lines}:out (leads to the others)
ARGV[1]  lease id      ARGV[2]  1: no call was placed, so its turn goes to the next     ARGV[3…8]  the way, as in take_line

Returns  1
]]
--- @include "line"

local now, way = time_ms(), way_at(ARGV, 3)
for _, part in ipairs({ way.trunk, way.asterisk }) do
  vacate(part, now, ARGV[1], ARGV[2] == '1')
end
return 1
