#!lua flags=allow-oom
--[[
Which message a part of a long one belongs to: remembers it, or reads it. A receipt that comes before it is remembered is kept:
another gateway may be sending the parts.

KEYS[1]  {p<hash of the receipt id>}:part   hash: group, parts; or early
ARGV[1]  kept for, ms   ARGV[2]  what the receipt says, where it is read   ARGV[3]  group, where it is remembered   ARGV[4]  parts

Returns  {group, parts, what an early receipt said or ''}   {} where it is not known
]]

local key, group = KEYS[1], ARGV[3]
local found = redis.call('HMGET', key, 'group', 'parts', 'early')
if group then
  redis.call('HSET', key, 'group', group, 'parts', ARGV[4])
  redis.call('PEXPIRE', key, ARGV[1])
  return { group, tonumber(ARGV[4]), found[3] or '' }
end
if found[1] then
  return { found[1], tonumber(found[2]), '' }
end
-- The first one counts.
if redis.call('HSETNX', key, 'early', ARGV[2]) == 1 then
  redis.call('PEXPIRE', key, ARGV[1])
end
return {}
