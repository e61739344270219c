#!lua flags=allow-oom
--[[
Adds what became of deliveries: those that were not begun after all, verifications that were verified, costs that are known.

KEYS[1]  {g:<app>}:w   stem, as of guard_decide.lua
ARGV[1]  now in ms (tests), or ''   ARGV[2]  how many caps follow
         of each cap: whole key, deliveries, millionths of the currency (negative: they are taken back)
         of each scope: suffix, deliveries, starts, verified

Returns  {0}
]]
--- @include "guard"

local now, caps = time_ms(ARGV[1]), tonumber(ARGV[2])
for i = 3, 2 + 3 * caps, 3 do
  local deliveries, micros = guard_cap_read(redis.call('GET', ARGV[i]))
  guard_cap_write(ARGV[i], deliveries + tonumber(ARGV[i + 1]), micros + tonumber(ARGV[i + 2]))
end
for i = 3 + 3 * caps, #ARGV, 4 do
  local key, keeps = KEYS[1] .. ':' .. ARGV[i], string.sub(ARGV[i], 1, 2) ~= 'i:'
  local scope = guard_read(redis.call('GET', key), now, keeps)
  guard_add(scope, tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
  guard_write(key, scope)
end
return { 0 }
