#!lua flags=allow-oom
--[[
Removes the reservation of a refused request, so that it may be repeated.

KEYS[1]  {i<hash of app and key>}:r
ARGV[1]  id of the verification

Returns  nothing
]]
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
