#!lua flags=allow-oom
--[[
Returns the time of messages that were reserved (reserve_bind) and not sent.

KEYS[1]  {admission}:out (the others are derived from it)
ARGV[1]  bind   ARGV[2]  its messages a second   ARGV[3]  messages

Returns  1
]]
--- @include "slot"

local bind = keys_of('bind', ARGV[1])
local now = time_ms()
if redis.call('EXISTS', bind.turn_key) == 1 then
  set_turn(bind.turn_key, now, math.max(now, turn(bind, now) - tonumber(ARGV[3]) * 1000 / tonumber(ARGV[2])))
end
return 1
