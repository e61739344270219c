-- Limits of one app, and of one app to one callee prefix, over all trunks and gateways. A scope has
--   {admission}:app:<app> or {admission}:prefix:<app>:<prefix>
--   …:turn    string: until when its calls per second are used up, ms
--   …:calls   sorted set: lease id → when the lease ends, ms
--   …:day:<day>, …:answered:<day>   numbers: calls, and answered ones, of a UTC day
--- @include "slot"

local DAY_MS, SECOND_MS = 86400000, 1000
-- A call ends and frees its slot within seconds.
local FULL_RETRY_MS = 1000

local function scopes_of(app, prefix)
  return { keys_of('app', app), keys_of('prefix', app .. ':' .. prefix) }
end

local function day_key(scope, what, now)
  return scope.stem .. ':' .. what .. ':' .. string.format('%.0f', math.floor(now / DAY_MS))
end

local function until_tomorrow(now)
  return DAY_MS - now % DAY_MS
end

local function reached(most, what, scope, now)
  return most > 0 and tonumber(redis.call('GET', day_key(scope, what, now)) or 0) >= most
end

-- The limit that a call has reached and when it may be tried again, ms; nil: none.
local function limit_reached(name, scope, limits, is_next, now)
  if not is_next and limits.per_second > 0 then
    local ahead = turn(scope, now) - now
    if ahead > SECOND_MS - SECOND_MS / limits.per_second / 2 then
      return name .. '_calls_per_second', math.max(1, math.ceil(ahead - SECOND_MS + SECOND_MS / limits.per_second))
    end
  end
  if limits.at_once > 0 and leases_in(scope.calls_key, now, limits.at_once) >= limits.at_once then
    return name .. '_concurrent_calls', FULL_RETRY_MS
  end
  if not is_next then
    if reached(limits.per_day, 'day', scope, now) then
      return name .. '_calls_per_day', math.ceil(until_tomorrow(now))
    end
    if reached(limits.answered, 'answered', scope, now) then
      return name .. '_answered_per_day', math.ceil(until_tomorrow(now))
    end
  end
  return nil
end

local function count_in(key, now)
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, math.ceil(until_tomorrow(now)) + SECOND_MS)
end

local function count_call(scope, limits, is_next, now, lease_id, lease_ms)
  if limits.at_once > 0 then
    lease_in(scope.calls_key, now, lease_id, lease_ms)
  end
  if is_next then
    return
  end
  if limits.per_second > 0 then
    set_turn(scope.turn_key, now, turn(scope, now) + SECOND_MS / limits.per_second)
  end
  if limits.per_day > 0 then
    count_in(day_key(scope, 'day', now), now)
  end
end

-- Returns what the call was counted for. @param per_second calls a second of the scope, 0: no limit
local function take_back(scope, limits, now)
  local ahead = limits.per_second > 0 and turn(scope, now)
  if ahead and ahead > now then
    set_turn(scope.turn_key, now, math.max(now, ahead - SECOND_MS / limits.per_second))
  end
  local key = day_key(scope, 'day', now)
  if limits.per_day > 0 and tonumber(redis.call('GET', key) or 0) > 0 then
    redis.call('DECR', key)
  end
end
