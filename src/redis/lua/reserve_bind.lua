#!lua
--[[
Reserves the time of some messages on the first of a few SMPP binds that is free soon, over all gateways. As for calls
(reserve_slot) they are spaced evenly, because carriers count in windows of their own, and each app has its share. For several
requests at once, in their order: includes/each.lua.

KEYS[1] … {admission}:out (the others are derived from it)
ARGV[1]  messages in a row     ARGV[3]  app               ARGV[5]  1: there are other apps
ARGV[2]  longest wait, ms      ARGV[4]  weight of the app
ARGV[6…] binds in order of preference, two values each: name, its messages a second

Returns  of each {'taken', bind (1 = first), wait ms}   {'full', retry after ms}
]]
--- @include "share"
--- @include "each"

-- As in reserve_slot: messages in quick succession must not spill over to the backup.
local PATIENCE_MS = 100
local FIRST_BIND, VALUES = 6, 2

local now = time_ms()
-- What was read of binds and of the apps' shares of them, by name: requests of one turn are much alike.
local binds = {}

local function bind_of(name, messages_per_second)
  local bind = binds[name]
  if not bind then
    bind = keys_of('bind', name)
    bind.interval, bind.flows = 1000 / tonumber(messages_per_second), {}
    bind.at = turn(bind, now)
    binds[name] = bind
  end
  return bind
end

-- The app's share of a bind.
local function flow_in(bind, caller)
  local flow = bind.flows[caller.app]
  if not flow then
    local key = flow_turn_key(bind, caller)
    flow = { key = key, share = ask(bind, caller, now), at = own_turn_at(key, now) }
    bind.flows[caller.app] = flow
  end
  return flow
end

local function reserve(_, at)
  local messages, longest_wait = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local caller, shares = { app = ARGV[at + 3], weight = ARGV[at + 4] }, ARGV[at + 5] == '1'
  local best, best_number, best_wait, least_excess = nil, nil, nil, nil
  for i = FIRST_BIND, #ARGV / #KEYS, VALUES do
    local bind = bind_of(ARGV[at + i], ARGV[at + i + 1])
    local allowed = longest_wait
    if shares then
      allowed = wait_within_share(bind, flow_in(bind, caller).at, now, longest_wait)
    end
    local wait = math.floor(bind.at - now)
    least_excess = math.min(least_excess or wait - allowed, wait - allowed)
    if wait <= allowed and (not best or (best_wait > PATIENCE_MS and wait < best_wait)) then
      best, best_number, best_wait = bind, (i - FIRST_BIND) / VALUES + 1, wait
    end
  end
  if not best then
    return { 'full', math.max(1, math.ceil(least_excess)) }
  end
  best.at, best.used = best.at + messages * best.interval, true
  if shares then
    local flow = flow_in(best, caller)
    flow.at, flow.used = turn_with(best, flow.at, now, flow.share, messages), true
  end
  return { 'taken', best_number, best_wait }
end

local replies = each(reserve)
for _, bind in pairs(binds) do
  if bind.used then
    set_turn(bind.turn_key, now, bind.at)
  end
  for _, flow in pairs(bind.flows) do
    if flow.used then
      set_turn(flow.key, now, flow.at)
    end
  end
end
return replies
