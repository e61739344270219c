-- How apps and callee prefixes share a trunk. In addition to the keys of slot.lua a trunk has
--   …:asked              sorted set: app → when it last asked for a slot, ms
--   …:weights            hash: app → its weight
--   …:flow:<app>:turn    string: when the app has used up its share so far, ms; may lie in the future
--   …:flow:<app>:calls   sorted set: lease id → when the lease ends, ms
--   …:silent:<prefix>, …:silent-of:<app>   the same, of calls before alerting
--- @include "slot"

-- An app takes part in a trunk for this long after its last request.
local ASKING_MS = 5000
-- Up to this many apps are weighted exactly; with more, each counts with the average weight.
local MOST_WEIGHED = 100
-- An app may run ahead of its share by this time, so that a burst of one second's worth is not refused.
local BURST_MS, MOST_AHEAD_MS = 1000, 2000
-- This part of the queue, and of the slots, is for apps that are within their share.
local QUEUE_RESERVE, SLOT_RESERVE = 0.25, 0.1
-- Calls without alerting: from half of a trunk's slots on they may hold a quarter of them for one prefix, from three
-- quarters on half of them for one app. The prefix comes first: what one destination holds must leave room for others of
-- the same app. A trunk with fewer slots is too small to divide.
local PREFIX_PRESSURE, SILENT_OF_PREFIX, APP_PRESSURE, SILENT_OF_APP, LEAST_SLOTS = 0.5, 0.25, 0.75, 0.5, 20

local function flow_turn_key(trunk, caller)
  return trunk.stem .. ':flow:' .. caller.app .. ':turn'
end

local function flow_calls_key(trunk, caller)
  return trunk.stem .. ':flow:' .. caller.app .. ':calls'
end

local function silent_prefix_key(trunk, caller)
  return trunk.stem .. ':silent:' .. caller.prefix
end

local function silent_app_key(trunk, caller)
  return trunk.stem .. ':silent-of:' .. caller.app
end

-- The app's share of the trunk among the active apps: 1 where it is alone.
local function share_of(trunk, app)
  local asked_key = trunk.stem .. ':asked'
  local apps = redis.call('ZRANGE', asked_key, 0, MOST_WEIGHED - 1)
  if #apps == 0 then
    return 1
  end
  local weights, sum, own = redis.call('HMGET', trunk.stem .. ':weights', unpack(apps)), 0, nil
  for i, weight in ipairs(weights) do
    sum = sum + (tonumber(weight) or 1)
    if apps[i] == app then
      own = tonumber(weight) or 1
    end
  end
  local average = sum / #apps
  own = own or average
  return math.min(1, own / math.max(own, sum + average * (redis.call('ZCARD', asked_key) - #apps)))
end

local function ask(trunk, caller, now)
  local asked_key, weights_key = trunk.stem .. ':asked', trunk.stem .. ':weights'
  redis.call('ZREMRANGEBYSCORE', asked_key, '-inf', now - ASKING_MS)
  redis.call('ZADD', asked_key, now, caller.app)
  redis.call('HSET', weights_key, caller.app, caller.weight)
  redis.call('PEXPIRE', asked_key, 2 * ASKING_MS)
  redis.call('PEXPIRE', weights_key, 2 * ASKING_MS)
  return share_of(trunk, caller.app)
end

-- From so many used slots on it matters which calls hold them, so they are counted exactly.
local function pressure_of(most_calls)
  return math.min(most_calls, most_calls * PREFIX_PRESSURE)
end

local function too_many_silent(trunk, used, caller, now)
  local most = trunk.most_calls
  if most < LEAST_SLOTS or used < most * PREFIX_PRESSURE then
    return false
  end
  if leases_in(silent_prefix_key(trunk, caller), now, 0) >= most * SILENT_OF_PREFIX then
    return true
  end
  local is_pressed = caller.shares_trunks and used >= most * APP_PRESSURE
  return is_pressed and leases_in(silent_app_key(trunk, caller), now, 0) >= most * SILENT_OF_APP
end

-- When the app has used up its share so far.
local function own_turn_at(turn_key, now)
  return turn_of(redis.call('GET', turn_key), now)
end

-- How long an app may wait in a part's queue, of at most `longest`: one that is ahead of its share leaves some for others.
-- @param own_turn when it has used up its share so far, ms
local function wait_within_share(one, own_turn, now, longest)
  if own_turn - now > math.min(BURST_MS, longest * (1 - QUEUE_RESERVE)) then
    return math.max(0, longest - math.max(one.interval, longest * QUEUE_RESERVE))
  end
  -- Without a queue of at least one interval, the app with the most requests would get every slot.
  return math.max(longest, one.interval)
end

-- The app's next turn where so many more calls or messages count towards its share of a part.
local function turn_with(one, own_turn, now, share, count)
  return math.min(now + MOST_AHEAD_MS, math.max(now, own_turn) + count * one.interval / share)
end

-- How long a call of this app may wait for its scheduled time on the trunk; nil: no slot is free for it now.
local function allowed_wait(trunk, used, caller, now, longest)
  if too_many_silent(trunk, used, caller, now) then
    return nil
  end
  if not caller.shares_trunks then
    return longest
  end
  local share = ask(trunk, caller, now)
  local unreserved = trunk.most_calls * (1 - SLOT_RESERVE)
  local most_of_app = math.max(1, math.min(unreserved, trunk.most_calls * share))
  if used >= unreserved and leases_in(flow_calls_key(trunk, caller), now, most_of_app) >= most_of_app then
    return nil
  end
  return wait_within_share(trunk, own_turn_at(flow_turn_key(trunk, caller), now), now, longest)
end

local function enter_flow(trunk, caller, now, lease_id, lease_ms)
  lease_in(silent_prefix_key(trunk, caller), now, lease_id, lease_ms)
  if caller.shares_trunks then
    lease_in(silent_app_key(trunk, caller), now, lease_id, lease_ms)
    lease_in(flow_calls_key(trunk, caller), now, lease_id, lease_ms)
    local turn_key = flow_turn_key(trunk, caller)
    set_turn(turn_key, now, turn_with(trunk, own_turn_at(turn_key, now), now, share_of(trunk, caller.app), 1))
  end
end

local function alert_in_flow(trunk, caller, lease_id)
  redis.call('ZREM', silent_prefix_key(trunk, caller), lease_id)
  if caller.shares_trunks then
    redis.call('ZREM', silent_app_key(trunk, caller), lease_id)
  end
end

local function leave_flow(trunk, caller, now, lease_id, unused)
  alert_in_flow(trunk, caller, lease_id)
  if not caller.shares_trunks then
    return
  end
  local was_there = redis.call('ZREM', flow_calls_key(trunk, caller), lease_id) == 1
  local turn_key = flow_turn_key(trunk, caller)
  local own = was_there and unused and own_turn_at(turn_key, now)
  if own and own > now then
    set_turn(turn_key, now, math.max(now, own - trunk.interval / share_of(trunk, caller.app)))
  end
end
