#!lua flags=allow-oom
--[[
Settles what reserve_callee.lua reserved: the delivery began, its call is over, it was refused, a wrong check was made, or its
verification has ended.

KEYS[1]  {s<shard>}:c:<hash of the callee>
ARGV[1]  '', or now in ms (tests)   ARGV[3]  hash of the callee     ARGV[5]  channel
ARGV[2]  app                        ARGV[4]  verification id        ARGV[6]  'begun', 'over', 'refused', 'checked' or 'ended'
ARGV[7]  of 'begun' and 'over' a token of the delivery; of 'refused' 1: an earlier delivery still needs the wrong checks; of 'checked'
         and 'ended' how many were made
ARGV[8]  ms that the phone may ring, or 0

Returns  {'free'}
]]
--- @include "tables"
--- @include "time"
--- @include "callee"
--- @include "limits"
--- @include "lease"

local now, id, channel, how = time_ms(ARGV[1]), ARGV[4], ARGV[5], ARGV[6]
local keys = callee_keys(KEYS[1], ARGV[3], ARGV[2])
local delivery = { now = now, keys = keys }
if how == 'over' then
  if holds(keys, ARGV[7]) then
    redis.call('DEL', keys.stem .. ':live')
  end
  return { 'free' }
end
if how == 'checked' or how == 'ended' then
  local wrong, made = keys.stem .. ':wrong', tonumber(ARGV[7])
  -- Those that may still be made stay reserved: the first ones, by which reserve_callee.lua knows that there are some.
  for i = how == 'ended' and 1 or MAX_CHECKS - made + 1, MAX_CHECKS do
    uncount(wrong, keys.app, lease_id(id, i))
  end
  for i = 1, made do
    -- One that was counted when it was made counts from then on.
    if not redis.call('ZSCORE', wrong, check_id(id, i)) then
      count(wrong, keys.app, now, check_id(id, i), WRONG_CHECKS_WINDOW_MS)
    end
  end
  return { 'free' }
end
uncount(keys.stem .. ':starts', keys.app, lease_id(id, 0))
uncount(channel_key(delivery, channel), keys.app, lease_id(id, 0))
if how == 'refused' then
  for i = 1, ARGV[7] == '1' and 0 or MAX_CHECKS do
    uncount(keys.stem .. ':wrong', keys.app, lease_id(id, i))
  end
  if holds(keys, lease_id(id, 0)) then
    redis.call('DEL', keys.stem .. ':live')
  end
  return { 'free' }
end
local ring_ms = tonumber(ARGV[8])
if ring_ms > 0 then
  count_call(keys, now, ARGV[7], ring_ms, ring_ms)
else
  count_start(keys, keys.stem .. ':starts', now, ARGV[7])
  note_message(keys, now)
end
count_in_cap(delivery, channel, ARGV[7])
return { 'free' }
