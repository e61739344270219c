#!lua flags=allow-oom
--[[
INVITEs of a dead gateway that were canceled.

KEYS[1]  {o<gateway>}:invites (see orphans_take.lua)
ARGV[1]…  attempts

Returns  {how many are left}
]]
for _, attempt in ipairs(ARGV) do
  redis.call('HDEL', KEYS[1], attempt)
end
local left = redis.call('HLEN', KEYS[1])
if left == 0 then
  redis.call('DEL', string.match(KEYS[1], '^{[^}]+}') .. ':taker')
end
return { left }
