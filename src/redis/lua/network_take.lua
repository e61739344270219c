#!lua
--[[
Takes one lookup from the budget of a live source.

KEYS[1]  {networks}:<source>   hash, with a TTL: m (which minute), mn (lookups in it), d (which UTC day), dn
ARGV[1]  '', or now in ms (tests)   ARGV[2]  lookups in a minute   ARGV[3]  in a day

Returns  {1 where it may be asked, else 0}
]]
--- @include "time"
local now = time_ms(ARGV[1])
local minute, day = math.floor(now / 60000), math.floor(now / 86400000)
local m, mn, d, dn = unpack(redis.call('HMGET', KEYS[1], 'm', 'mn', 'd', 'dn'))
-- A clock that was set back does not begin a new day.
mn = m and tonumber(m) >= minute and tonumber(mn) or 0
dn = d and tonumber(d) >= day and tonumber(dn) or 0
if mn >= tonumber(ARGV[2]) or dn >= tonumber(ARGV[3]) then
  return { 0 }
end
redis.call('HSET', KEYS[1], 'm', math.max(minute, tonumber(m or 0)), 'mn', mn + 1, 'd', math.max(day, tonumber(d or 0)), 'dn', dn + 1)
redis.call('PEXPIRE', KEYS[1], 172800000)
return { 1 }
