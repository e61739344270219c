#!lua flags=allow-oom
--[[
Takes or renews a lease; those with the same holder share it.

KEYS[1]  {lease}:<name>   string: its holder, with a TTL
ARGV[1]  holder           ARGV[2]  TTL, ms

Returns  {the holder now, ms until the lease ends}
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return { holder, redis.call('PTTL', KEYS[1]) }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { ARGV[1], tonumber(ARGV[2]) }
