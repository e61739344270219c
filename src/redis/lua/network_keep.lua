#!lua
--[[
Keeps what a live source said of a number's network.

KEYS[1]  net:<keyed hash of the number>
ARGV[1]  what it said; '' forgets   ARGV[2]  how long, ms

Returns  {1 where something was kept before, else 0}
]]
local before = redis.call('EXISTS', KEYS[1])
if ARGV[1] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return { before }
