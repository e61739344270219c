#!lua
--[[
Begins a simulated delivery of any channel: its record, its states in time (includes/course.lua), nothing else. What is common
to all channels, its keys and first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13]  its code: '' (none), 'derived' (ARGV[14…17]: see pick_code) or 'own' (ARGV[14…16]: hash, digits, odds of one guess)
ARGV[18]  how it counts among the callee's limits: 'call', 'message' or 'inbound'
ARGV[19]  parts   ARGV[20]  state   ARGV[21]  details (JSON object)
ARGV[22]  ms: lost after this time, or ''   ARGV[23]  ms: it should be over by then
ARGV[24]  its course, with ms from now on in place of the times

Returns   {'begun', which code, 0, public fields}   {'exists', 0, ended now, public fields}
          {'ended', 0, ended now, public fields}   {'limited', which, wait ms}   {'not_found'}   {'stale'}   {'code_too_old'}
]]
--- @include "begin"

-- Of a test number: wrong checks are limited as for any other, and choices of one verification by the minimum interval.
--- @rare
local function test_limit(delivery, parts)
  local now = delivery.now
  local wait = ARGV[FIRST_OWN] ~= '' and wrong_checks_wait(delivery.keys, now, parts, 1) or 0
  if wait > 0 then
    return 'wrong_checks', wait
  end
  local since = delivery.record and not delivery.automatic and redis.call('HGET', KEYS[1], 'delivery_started_at')
  wait = since and tonumber(since) + START_GAP_MS - now or 0
  if wait > 0 then
    return 'gap', wait
  end
  return nil
end

-- The same limits as of a real one, in counts of its own.
--- @rare
local function shadow_limit(delivery, how, parts)
  local channel = ARGV[11]
  if how == 'message' then
    return message_limit(delivery, channel)
  end
  if how == 'call' then
    return call_limit(delivery, channel, parts)
  end
  local keys = delivery.keys
  local limit, wait = limit_on(keys, delivery.now, 1, keys.stem .. ':starts_in', false, delivery.automatic)
  if limit then
    return limit, wait
  end
  return cap_on(delivery, channel, 1)
end

--- @rare
local function count_shadow(delivery, how, call_ms, over_ms)
  local channel = ARGV[11]
  if how == 'message' then
    count_message(delivery, channel)
  elseif how == 'call' then
    count_ringing(delivery, channel, call_ms, over_ms)
  else
    local attempt = attempt_id(delivery.id, delivery.attempt)
    count_start(delivery.keys, delivery.keys.stem .. ':starts_in', delivery.now, attempt)
    count_in_cap(delivery, channel, attempt)
  end
end

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local kind, how, parts = ARGV[FIRST_OWN], ARGV[FIRST_OWN + 5], tonumber(ARGV[FIRST_OWN + 6])
local is_test = delivery.extras.simulated == 'test'
local limit, wait
if is_test then
  limit, wait = test_limit(delivery, parts)
else
  limit, wait = shadow_limit(delivery, how, parts)
end
if limit then
  return { 'limited', limit, wait }
end
local new = { state = ARGV[FIRST_OWN + 7], parts = parts, details = ARGV[FIRST_OWN + 8], deadline = '' }
local choice = 0
if kind == 'derived' then
  new.code, choice = pick_code(delivery, FIRST_OWN + 1)
  if not new.code then
    return choice
  end
elseif kind == 'own' then
  new.code, new.code_length, new.odds = ARGV[FIRST_OWN + 1], ARGV[FIRST_OWN + 2], ARGV[FIRST_OWN + 3]
end
local lost_ms, over_ms = tonumber(ARGV[FIRST_OWN + 9]), tonumber(ARGV[FIRST_OWN + 10])
if lost_ms then
  new.deadline = delivery.now + lost_ms
end
if not is_test then
  count_shadow(delivery, how, lost_ms or over_ms, over_ms)
end
new.course = course_from(delivery.now, ARGV[FIRST_OWN + 11])
return begin_delivery(delivery, new, choice)
