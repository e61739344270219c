#!lua
--[[
Takes a channel slot for one call on the first of a few paths (a trunk through an Asterisk) that has room, over all
gateways, within the limits of its app and the app's share of the trunk.

Calls a second are spaced evenly (the generic cell rate algorithm, ITU-T I.371, without a burst: carriers count in
windows of their own). Time is this server's: the gateways' clocks differ by more than the interval between two calls.

KEYS[1]  {admission}:out           hash: "trunk <name>" or "asterisk <name>" → why it is out of service (see drain)
ARGV[1]  lease id              ARGV[4]  app                    ARGV[7]  1: there are other apps
ARGV[2]  lease, ms             ARGV[5]  callee prefix          ARGV[8]  1: counted before (failover, second call)
ARGV[3]  longest wait, ms      ARGV[6]  weight of the app
ARGV[9…12]   the app's calls a second, calls at once, calls a day, answered calls a day; 0: no limit
ARGV[13…15]  the same without answered calls, of the app to the prefix
ARGV[16…]    paths in order of preference, six values each:
             trunk, its calls a second, its most calls at once, Asterisk, its calls a second, its most calls at once

Returns  {'taken', path (1 = first), wait ms}   {'full', retry after ms}   {'out_of_service'}
         {'limited', name of the limit, retry after ms}
]]
--- @include "share"
--- @include "caller_limits"

-- A path that has room within this time is preferred to a later one that has room now: calls in quick succession must
-- not spill over to the backup.
local PATIENCE_MS = 100
local FIRST_PATH, VALUES = 16, 6
-- Of an app without limits of its own.
local NO_SCOPES = {}
local lease_id, lease_ms, longest_wait = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local caller = { app = ARGV[4], prefix = ARGV[5], weight = ARGV[6], shares_trunks = ARGV[7] == '1' }
local is_next = ARGV[8] == '1'
local function limits_at(i, answered)
  return {
    per_second = tonumber(ARGV[i]),
    at_once = tonumber(ARGV[i + 1]),
    per_day = tonumber(ARGV[i + 2]),
    answered = answered and tonumber(answered) or 0,
  }
end
local function has_limits()
  for i = 9, 15 do
    if ARGV[i] ~= '0' then
      return true
    end
  end
  return false
end
local scopes, limits = NO_SCOPES, nil
if has_limits() then
  scopes, limits = scopes_of(caller.app, caller.prefix), { limits_at(9, ARGV[12]), limits_at(13) }
end
local now = time_ms()

for i, scope in ipairs(scopes) do
  local limit, retry_ms = limit_reached(i == 1 and 'app' or 'prefix', scope, limits[i], is_next, now)
  if limit then
    return { 'limited', limit, retry_ms }
  end
end

local best, best_wait, least_excess = nil, nil, nil
local in_service = false
for i = FIRST_PATH, #ARGV, VALUES do
  if is_in_service(KEYS[1], ARGV, i) then
    in_service = true
    local path = path_at(ARGV, i)
    local used = leases_in(path.trunk.calls_key, now, pressure_of(path.trunk.most_calls))
    local used_there = leases_in(path.asterisk.calls_key, now, path.asterisk.most_calls)
    path.trunk.used, path.asterisk.used = used, used_there
    if used < path.trunk.most_calls and used_there < path.asterisk.most_calls then
      local allowed = allowed_wait(path.trunk, used, caller, now, longest_wait)
      if allowed then
        -- Whole milliseconds, the resolution of a gateway's timers.
        read_turns(path.trunk, path.asterisk, now)
        local wait = math.floor(math.max(turn(path.trunk, now), turn(path.asterisk, now)) - now)
        least_excess = math.min(least_excess or wait - allowed, wait - allowed)
        if wait <= allowed and (not best or (best_wait > PATIENCE_MS and wait < best_wait)) then
          best, best_wait = { path = path, number = (i - FIRST_PATH) / VALUES + 1 }, wait
        end
      end
    end
  end
end

if not in_service then
  return { 'out_of_service' }
end
if not best then
  return { 'full', least_excess and math.max(1, math.ceil(least_excess)) or FULL_RETRY_MS }
end
occupy(best.path.trunk, now, lease_id, best_wait + lease_ms, best.path.trunk.used)
occupy(best.path.asterisk, now, lease_id, best_wait + lease_ms, best.path.asterisk.used)
enter_flow(best.path.trunk, caller, now, lease_id, best_wait + lease_ms)
for i, scope in ipairs(scopes) do
  count_call(scope, limits[i], is_next, now, lease_id, best_wait + lease_ms)
end
return { 'taken', best.number, best_wait }
