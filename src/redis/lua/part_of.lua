#!lua flags=allow-oom
--[[
Which message a part of a long one belongs to: remembers it (with values), or reads it.

KEYS[1]  {p<hash of the receipt id>}:part
ARGV[1]  group   ARGV[2]  parts   ARGV[3]  kept for, ms; none: only read

Returns  {group, parts}   {} where it is not known
]]

if #ARGV > 0 then
  redis.call('HSET', KEYS[1], 'group', ARGV[1], 'parts', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
local found = redis.call('HMGET', KEYS[1], 'group', 'parts')
if not found[1] then
  return {}
end
return { found[1], tonumber(found[2]) }
