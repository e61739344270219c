#!lua
--[[
Reserves the time of some messages on the first of a few SMPP binds that is free soon, over all gateways. As for calls
(reserve_slot) they are spaced evenly, because carriers count in windows of their own, and each app has its share.

KEYS[1]  {admission}:out (the others are derived from it)
ARGV[1]  messages in a row     ARGV[3]  app               ARGV[5]  1: there are other apps
ARGV[2]  longest wait, ms      ARGV[4]  weight of the app
ARGV[6…] binds in order of preference, two values each: name, its messages a second

Returns  {'taken', bind (1 = first), wait ms}   {'full', retry after ms}
]]
--- @include "share"

-- As in reserve_slot: messages in quick succession must not spill over to the backup.
local PATIENCE_MS = 100
local FIRST_BIND, VALUES = 6, 2
local messages, longest_wait = tonumber(ARGV[1]), tonumber(ARGV[2])
local caller = { app = ARGV[3], weight = ARGV[4], shares = ARGV[5] == '1' }
local now = time_ms()
local best, best_wait, least_excess = nil, nil, nil

for i = FIRST_BIND, #ARGV, VALUES do
  local bind = keys_of('bind', ARGV[i])
  bind.interval = 1000 / tonumber(ARGV[i + 1])
  bind.number = (i - FIRST_BIND) / VALUES + 1
  bind.own_turn_key = bind.stem .. ':flow:' .. caller.app .. ':turn'
  local allowed = longest_wait
  if caller.shares then
    bind.share = ask(bind, caller, now)
    allowed = wait_within_share(bind, bind.own_turn_key, now, longest_wait)
  end
  local wait = math.floor(turn(bind, now) - now)
  least_excess = math.min(least_excess or wait - allowed, wait - allowed)
  if wait <= allowed and (not best or (best_wait > PATIENCE_MS and wait < best_wait)) then
    best, best_wait = bind, wait
  end
end

if not best then
  return { 'full', math.max(1, math.ceil(least_excess)) }
end
set_turn(best.turn_key, now, turn(best, now) + messages * best.interval)
if caller.shares then
  use_share(best, best.own_turn_key, now, best.share, messages)
end
return { 'taken', best.number, best_wait }
