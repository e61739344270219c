#!lua flags=allow-oom
--[[
Reports what happened on slots of reserve_slot. Idempotent; without effect after a lease ended.

KEYS[1]  {admission}:out (the others are derived from it)
ARGV[1] to ARGV[15], and 15 more for each further slot: lease id, event, app, callee prefix, where it was counted (1: in the app's
         share of the trunk, 2: among the app's calls at once, 4: among those to the prefix; 8: its alerting was reported before), the
         app's calls a second and calls a day, the same to the prefix (0: no limit, or not counted), path (6 values, see reserve_slot)…
         event: 'alerted' the phone rings, the slot stays taken; 'ended'; 'answered';
                'unused' no call was placed, so its scheduled time and its counts are returned

Returns  1
]]
--- @include "share"
--- @include "caller_limits"

local VALUES = 15
local now = time_ms()

-- By set: leases to remove from it. One command for all of a batch.
local leaving = {}

local function leave(key, lease_id)
  local leases = leaving[key]
  if leases then
    leases[#leases + 1] = lease_id
  else
    leaving[key] = { lease_id }
  end
end

local function leave_silent(trunk, caller, lease_id)
  leave(silent_prefix_key(trunk, caller), lease_id)
  if caller.shares_trunks then
    leave(silent_app_key(trunk, caller), lease_id)
  end
end

-- What most slots are released with: nothing depends on whether the lease was still there.
local function end_slot(i, caller, lease_id, counted)
  local trunk = keys_of('trunk', ARGV[i + 9])
  leave(trunk.calls_key, lease_id)
  leave(keys_of('asterisk', ARGV[i + 12]).calls_key, lease_id)
  if counted < 8 then
    leave_silent(trunk, caller, lease_id)
  end
  if caller.shares_trunks then
    leave(flow_calls_key(trunk, caller), lease_id)
  end
  if counted % 8 >= 2 then
    for n, scope in ipairs(scopes_of(caller.app, caller.prefix)) do
      if math.floor(counted / 2 ^ n) % 2 == 1 then
        leave(scope.calls_key, lease_id)
      end
    end
  end
end

local function free(i)
  local lease_id, event, unused = ARGV[i], ARGV[i + 1], ARGV[i + 1] == 'unused'
  local counted = tonumber(ARGV[i + 4])
  local caller = { app = ARGV[i + 2], prefix = ARGV[i + 3], shares_trunks = counted % 2 == 1 }
  if event == 'alerted' then
    return leave_silent(keys_of('trunk', ARGV[i + 9]), caller, lease_id)
  end
  if event == 'ended' then
    return end_slot(i, caller, lease_id, counted)
  end
  local path = path_at(ARGV, i + 9)
  local was_there = vacate(path.trunk, now, lease_id, unused)
  vacate(path.asterisk, now, lease_id, unused)
  leave_flow(path.trunk, caller, now, lease_id, unused)
  for n, scope in ipairs(scopes_of(caller.app, caller.prefix)) do
    if math.floor(counted / 2 ^ n) % 2 == 1 then
      redis.call('ZREM', scope.calls_key, lease_id)
    end
    if was_there and unused then
      local first = i + 3 + 2 * n
      take_back(scope, { per_second = tonumber(ARGV[first]), per_day = tonumber(ARGV[first + 1]) }, now)
    end
    if was_there and event == 'answered' and n == 1 then
      count_in(day_key(scope, 'answered', now), now)
    end
  end
end

for i = 1, #ARGV, VALUES do
  free(i)
end
for key, leases in pairs(leaving) do
  redis.call('ZREM', key, unpack(leases))
end
return 1
