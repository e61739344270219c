#!lua flags=allow-oom
--[[
Removes the reservation of a refused request, so that it may be repeated: but not where it was repeated meanwhile, because the
repetition may have begun the verification.

KEYS[1]  {i<hash of app and key>}:r
ARGV[1]  id of the verification

Returns  {1 where it is removed, else 0}
]]
local id, repeated = unpack(redis.call('HMGET', KEYS[1], 'id', 'repeated'))
if id ~= ARGV[1] or repeated then
  return { 0 }
end
redis.call('DEL', KEYS[1])
return { 1 }
