#!lua flags=allow-oom
--[[
Reports what happened on slots of reserve_slot. Idempotent; without effect after a lease ended.

KEYS[1]  {admission}:out (the others are derived from it)
ARGV[1] to ARGV[15], and 15 more for each further slot: lease id, event, app, callee prefix, where it was counted (1: in the app's
         share of the trunk, 2: among the app's calls at once, 4: among those to the prefix), the app's calls a second and calls a day,
         the same to the prefix (0: no limit, or not counted), path (6 values, see reserve_slot)…
         event: 'alerted' the phone rings, the slot stays taken; 'ended'; 'answered';
                'unused' no call was placed, so its scheduled time and its counts are returned

Returns  1
]]
--- @include "share"
--- @include "caller_limits"

local VALUES = 15
local now = time_ms()

local function free(i)
  local lease_id, event, unused = ARGV[i], ARGV[i + 1], ARGV[i + 1] == 'unused'
  local counted = tonumber(ARGV[i + 4])
  local caller = { app = ARGV[i + 2], prefix = ARGV[i + 3], shares_trunks = counted % 2 == 1 }
  if event == 'alerted' then
    return alert_in_flow(keys_of('trunk', ARGV[i + 9]), caller, lease_id)
  end
  local path = path_at(ARGV, i + 9)
  local was_there = vacate(path.trunk, now, lease_id, unused)
  vacate(path.asterisk, now, lease_id, unused)
  leave_flow(path.trunk, caller, now, lease_id, unused)
  if counted < 2 and event == 'ended' then
    return
  end
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
return 1
