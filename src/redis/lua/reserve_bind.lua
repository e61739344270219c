#!lua
--[[
Reserves the time of some messages on the first of a few SMPP binds that is free soon, over all gateways. As for calls
(reserve_slot) they are spaced evenly, because carriers count in windows of their own.

KEYS[1]  {admission}:out (the others are derived from it)
ARGV[1]  messages in a row     ARGV[2]  longest wait, ms
ARGV[3…] binds in order of preference, two values each: name, its messages a second

Returns  {'taken', bind (1 = first), wait ms}   {'full', retry after ms}
]]
--- @include "slot"

-- As in reserve_slot: messages in quick succession must not spill over to the backup.
local PATIENCE_MS = 100
local messages, longest_wait = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time_ms()
local best, best_wait, least_excess = nil, nil, nil

for i = 3, #ARGV, 2 do
  local bind = keys_of('bind', ARGV[i])
  bind.interval = 1000 / tonumber(ARGV[i + 1])
  local wait = math.floor(turn(bind, now) - now)
  least_excess = math.min(least_excess or wait - longest_wait, wait - longest_wait)
  if wait <= longest_wait and (not best or (best_wait > PATIENCE_MS and wait < best_wait)) then
    best, best_wait, bind.number = bind, wait, (i - 1) / 2
  end
end

if not best then
  return { 'full', math.max(1, math.ceil(least_excess)) }
end
set_turn(best.turn_key, now, turn(best, now) + messages * best.interval)
return { 'taken', best.number, best_wait }
