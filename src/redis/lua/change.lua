#!lua flags=allow-oom
--[[
Applies an event to the newest delivery of a verification.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)     ARGV[4]  its attempt
ARGV[2]  app                          ARGV[5]  event, of the channel's table
ARGV[3]  verification id              ARGV[6]  reason, or ''
ARGV[7]  the result (JSON), or ''
ARGV[8]  1: its end was not seen, so it may still ring; it keeps the callee's lock until its deadline
ARGV[9]  ms until it should be over, or ''

Returns  {'noted', status, parts delivered, seq or 0} where the verification goes on; seq is 0 where nothing changed
         {'seen', 0, ended now, public fields…}, else   {'not_found'}
]]
--- @include "record"
--- @include "callee"

local OVER = { delivered = true, undelivered = true }
local key, now, attempt, event = KEYS[1], time_ms(ARGV[1]), ARGV[4], ARGV[5]
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
local keys = callee_keys(key, record.callee, record.app)
local ours = attempt_id(ARGV[3], attempt)

settle(record, now)
if attempt == record.attempts then
  local ended_before = record.delivery_ended_at
  move_delivery(record, event, now, ARGV[6])
  record.reschedule = record.reschedule or record.delivery_ended_at ~= ended_before
  -- Also if the verification ended before its delivery did.
  if ARGV[7] ~= '' then
    set(record, 'result', ARGV[7])
  end
  if ARGV[9] ~= '' then
    expect_over(keys, ours, now + tonumber(ARGV[9]))
  elseif ARGV[8] == '1' then
    expect_over(keys, ours, nil)
  end
end

-- The callee can be called again as soon as this call is over, regardless of the verification's state; unless another
-- part of the same code follows: no other call may come between them.
local more_follow = attempt == record.attempts and not TERMINAL[record.status] and record.delivery_ended_at == ''
if OVER[event] and ARGV[8] ~= '1' and not more_follow and holds(keys, ours) then
  redis.call('DEL', keys.live)
end
save(record)
if not record.ended_now then
  return { 'noted', record.status, tonumber(record.parts_delivered), record.changed and tonumber(record.seq) or 0 }
end
return answer(key, 'seen', 0, true)
