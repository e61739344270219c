#!lua flags=allow-oom
--[[
Gives back places that reserve_slot gave. Doing so twice, or after a lease ended, changes nothing.

KEYS[1]  {admission}:out (leads to the others)
ARGV[1]  lease id      ARGV[2]  1: no call was placed, so its turn goes to the next     ARGV[3…8]  its path
ARGV[9…] further places, likewise

Returns  1
]]
--- @include "slot"

local VALUES = 8
local now = time_ms()
for i = 1, #ARGV, VALUES do
  local path = way_at(ARGV, i + 2)
  vacate(path.trunk, now, ARGV[i], ARGV[i + 1] == '1')
  vacate(path.asterisk, now, ARGV[i], ARGV[i + 1] == '1')
end
return 1
