#!lua flags=allow-oom
--[[
A live check is over: its answer is kept, and the callee's lock is free. Idempotent; without effect on another check's.

KEYS[1]  as of live_check_begin.lua
ARGV[1]  '', or now in ms (tests)   ARGV[3]  ms that the answer is kept; 0: nothing is, another check may begin
ARGV[2]  id                         ARGV[4]  1: a phone may ring on, so the lock stays until the call counts as lost
ARGV[5]  JSON of the answer

Returns  {now in ms}
]]
--- @include "time"
--- @include "callee"

local now, id = time_ms(ARGV[1]), ARGV[2]
local keys = { stem = KEYS[1] }
local turn_key = keys.stem .. ':live_check'
local turn = redis.call('GET', turn_key)
if turn and string.sub(turn, 1, #id + 7) == 'begun ' .. id .. ' ' then
  if tonumber(ARGV[3]) > 0 then
    redis.call('SET', turn_key, 'said ' .. string.format('%.0f', now) .. ' ' .. ARGV[5], 'PX', ARGV[3])
  else
    redis.call('DEL', turn_key)
  end
end
if ARGV[4] ~= '1' and holds(keys, id) then
  redis.call('DEL', keys.stem .. ':live')
end
return { now }
