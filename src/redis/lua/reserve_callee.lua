#!lua
--[[
Reserves a delivery's share of the limits of a callee that is not the verification's own, before the delivery begins: its
start, and the wrong checks that may be made of its code. Both end by themselves unless they are settled.

KEYS[1]  {s<shard>}:c:<hash of the callee>
ARGV[1]  '', or now in ms (tests)    ARGV[4]  verification id      ARGV[7]  ms: how long its code is accepted at most
ARGV[2]  app                         ARGV[5]  channel              ARGV[8]  1: the phone rings
ARGV[3]  hash of the callee          ARGV[6]  1: an automatic step

Returns  {'limited', which, wait ms}   {'free', 1 where an earlier delivery holds the wrong checks already, else 0}
]]
--- @include "tables"
--- @include "time"
--- @include "callee"
--- @include "limits"
--- @include "lease"

local now, id, channel, code_ms, rings = time_ms(ARGV[1]), ARGV[4], ARGV[5], tonumber(ARGV[7]), ARGV[8] == '1'
local keys = callee_keys(KEYS[1], ARGV[3], ARGV[2])
-- For this callee it is what a start is for the verification's own.
local delivery = { now = now, keys = keys, automatic = ARGV[6] == '1', first = true }
local limit, wait
if rings then
  limit, wait = call_limit(delivery, channel, 1)
else
  limit, wait = message_limit(delivery, channel)
end
local leased = redis.call('ZSCORE', keys.stem .. ':wrong', lease_id(id, 1))
-- Those that it has left: what it made is counted.
local left = MAX_CHECKS
while left > 0 and redis.call('ZSCORE', keys.stem .. ':wrong', check_id(id, MAX_CHECKS - left + 1)) do
  left = left - 1
end
if not limit then
  -- Room for every one of them.
  local most = math.min(WRONG_CHECKS_PER_CALLEE, WRONG_CHECKS_PER_APP) - left + 1
  wait = leased and 0 or wait_for(keys.stem .. ':wrong', keys.app, now, WRONG_CHECKS_WINDOW_MS, most, most, 1)
  limit = wait > 0 and 'wrong_checks' or nil
end
if limit then
  return { 'limited', limit, wait }
end
lease_entry(keys.stem .. ':starts', keys.app, now, lease_id(id, 0), START_LEASE_MS, HOUR_MS)
if channel_cap(channel) > 0 then
  lease_entry(channel_key(delivery, channel), keys.app, now, lease_id(id, 0), START_LEASE_MS, HOUR_MS)
end
for i = 1, left do
  lease_entry(keys.stem .. ':wrong', keys.app, now, lease_id(id, i), code_ms, WRONG_CHECKS_WINDOW_MS)
end
if rings then
  redis.call('SET', keys.stem .. ':live', lease_id(id, 0) .. ' ' .. string.format('%.0f %.0f', now + START_LEASE_MS, now + START_LEASE_MS),
    'PX', START_LEASE_MS)
end
return { 'free', leased and 1 or 0 }
