#!lua
--[[
Begins a verification that a call of the callee's own is to prove, and holds a number of ours for it, or says why not.
What is common to all channels, its keys and first arguments: includes/begin.lua.

A number is held for one verification of this callee at a time, and for some time after: the call is rejected, so people
dial twice, and the second call must not prove anything that was started by another client meanwhile.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13]  how long a number stays reserved after the verification's lifetime, ms
ARGV[14…] our numbers in random order, E.164

Returns   {'begun', 0, 0, public fields}   {'exists', 0, ended now, public fields}
          {'ended', 0, ended now, public fields}   {'limited', which, wait ms}   {'not_found'}
          {'refused', 'numbers_taken', wait ms}
]]
--- @include "begin"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
-- Counted separately from our calls: it does not disturb the callee.
local keys = delivery.keys
local starts = keys.stem .. ':starts_in'
local limit, wait = limit_on(keys, delivery.now, 1, starts, false, delivery.automatic)
if not limit then
  limit, wait = cap_on(delivery, 'call_in', 1)
end
if limit then
  return { 'limited', limit, wait }
end

local hold_ms = TTL_MS + tonumber(ARGV[FIRST_OWN])
local holder = delivery.id .. ' ' .. delivery_number(delivery)
local number, held, soonest = nil, nil, hold_ms
for i = FIRST_OWN + 1, #ARGV do
  local hold = keys.stem .. ':in:' .. ARGV[i]
  if redis.call('SET', hold, holder, 'NX', 'PX', hold_ms) then
    number, held = ARGV[i], hold
    break
  end
  soonest = math.min(soonest, redis.call('PTTL', hold))
end
if not number then
  return { 'refused', 'numbers_taken', soonest }
end

count_start(keys, starts, delivery.now, attempt_id(delivery.id, delivery.attempt))
count_in_cap(delivery, 'call_in', attempt_id(delivery.id, delivery.attempt))
return begin_delivery(delivery, {
  state = 'waiting', parts = 1, details = cjson.encode({ number = number }), deadline = '', held = held,
}, 0)
