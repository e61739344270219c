#!lua flags=allow-oom
--[[
The place of a live check is free. Idempotent.

KEYS[1]  {live_check}:up (see live_check_admit.lua)
ARGV[1]  id     ARGV[2]  app     ARGV[3]  stamp that it was taken with     ARGV[4]  1: no call was placed, it counts for nothing

Returns  {'released'}
]]
local was_there = redis.call('ZREM', KEYS[1], ARGV[1]) == 1
if was_there and ARGV[4] == '1' then
  local app, minute, day = ARGV[2], string.match(ARGV[3], '^(%d+) (%d+)$')
  for _, key in ipairs({ 'minute:' .. minute, 'minute:' .. minute .. ':' .. app, 'day:' .. day .. ':' .. app }) do
    if tonumber(redis.call('GET', '{live_check}:' .. key) or 0) > 0 then
      redis.call('DECR', '{live_check}:' .. key)
    end
  end
end
return { 'released' }
