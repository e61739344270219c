#!lua flags=allow-oom
--[[
Forgets the reservation of a request that was refused, so that it may be made again. An answered one stays.

KEYS[1]  {i<hash of app and key>}:r
ARGV[1]  id of the verification

Returns  nothing
]]
local kept = redis.call('HMGET', KEYS[1], 'id', 'answer')
if kept[1] == ARGV[1] and not kept[2] then
  redis.call('DEL', KEYS[1])
end
return 1
