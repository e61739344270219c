#!lua flags=allow-oom
--[[
Something happened to a verification: an event of its call, or the app's cancel. With no event it only applies the
deadlines and reads.

KEYS[1]  {b<bucket>}:v:<id>
ARGV[1]  now, ms      ARGV[3]  verification id                         ARGV[5]  event, or ''
ARGV[2]  app          ARGV[4]  attempt that the event is of, or ''     ARGV[6]  reason, or ''
ARGV[7]  what is known of the call that this ended (JSON), or ''
ARGV[8]  1: nobody saw that call end, so it may still ring; the callee stays its own until its time is over

Returns  {'noted', status, calls delivered}, for news of a call that did not end the verification
         {'seen', 0, ended now, public fields…}, else   {'not_found'}
]]
--- @include "record"
--- @include "callee"

local CALL_OVER = { delivered = true, undelivered = true }
local key, now, attempt, event = KEYS[1], tonumber(ARGV[1]), ARGV[4], ARGV[5]
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end

settle(record, now)
if event ~= '' and (attempt == '' or attempt == record.attempts) then
  move(record, event, now, ARGV[6])
  -- Also where the verification ended before its call did.
  if ARGV[7] ~= '' then
    set(record, 'last_call', ARGV[7])
  end
end

-- The callee can be called again as soon as this call is over, whatever became of the verification meanwhile; unless
-- the second of two calls follows: nothing may come between them.
if CALL_OVER[event] and ARGV[8] ~= '1' and not (record.status == 'pending' and attempt == record.attempts) then
  local keys = callee_keys(key, record.callee)
  if holds(keys, attempt_id(ARGV[3], attempt)) then
    redis.call('DEL', keys.live)
  end
end
save(key, record)
if attempt ~= '' and not record.ended_now then
  return { 'noted', record.status, tonumber(record.calls_delivered) }
end
return answer(key, 'seen', 0, record.ended_now)
