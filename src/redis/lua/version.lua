#!lua flags=allow-oom
--[[
Says which record version is in use, and notes this gateway's own where none is higher.

KEYS[1]  {version}:records   number: the highest record version that a gateway used
ARGV[1]  this gateway's record version   ARGV[2]  TTL, ms: longer than anything that it writes lives

Returns  {the highest record version in use}
]]
local own, highest = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or 0)
if own >= highest then
  redis.call('SET', KEYS[1], own, 'PX', ARGV[2])
  highest = own
end
return { highest }
