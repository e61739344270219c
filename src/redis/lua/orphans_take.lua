#!lua flags=allow-oom
--[[
INVITEs of a dead gateway for the one gateway that cancels them. If that dies too, another one gets them when its time is over.

KEYS[1]  {o<gateway>}:invites   hash: attempt → sealed
         {o<gateway>}:taker     string: the gateway that cancels, with a TTL
ARGV[1]  this gateway   ARGV[2]  its time, ms   ARGV[3]  most

Returns  {attempt, sealed, …}; none where there are none, or another gateway cancels
]]
local taker_key = string.match(KEYS[1], '^{[^}]+}') .. ':taker'
local taker = redis.call('GET', taker_key)
if taker and taker ~= ARGV[1] then
  return {}
end
local taken = redis.call('HRANDFIELD', KEYS[1], ARGV[3], 'WITHVALUES')
if #taken > 0 then
  redis.call('SET', taker_key, ARGV[1], 'PX', ARGV[2])
end
return taken
