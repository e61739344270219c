#!lua flags=allow-oom
--[[
Ends a lease before its time; without effect where another holds it.

KEYS[1]  {lease}:<name>
ARGV[1]  holder

Returns  {1: it was held, 0: not}
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return { 0 }
end
redis.call('DEL', KEYS[1])
return { 1 }
