#!lua
--[[
The second call of a code is to ring now: it takes over the callee from the call before it, and is counted. Its caller
ID was leased at the start. Where the verification has ended meanwhile, the callee is free again.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[3]  verification id         ARGV[5]  call_ms: the call is lost after this time
ARGV[2]  app                        ARGV[4]  attempt before it       ARGV[6]  over_ms: it should be over by then

Returns  {'begun', 0, 0, public fields}   {'ended', 0, ended now, public fields}   {'stale'}   {'not_found'}
]]
--- @include "record"
--- @include "callee"

local key, now, before = KEYS[1], time_ms(ARGV[1]), ARGV[4]
local record = load(key, ARGV[2], true)
if not record then
  return { 'not_found' }
end
settle(record, now)
save(record)
local keys = callee_keys(key, record.callee, record.app)
local ours = holds(keys, attempt_id(ARGV[3], before))
if TERMINAL[record.status] then
  if ours then
    redis.call('DEL', keys.stem .. ':live')
  end
  return answer(record, 'ended', 0)
end
-- Without the callee's lock another call may be ringing: a phone must not get two calls at once.
local number = part_number(record)
local waits = before == record.attempts and record.state == 'calling' and number < tonumber(record.parts)
  and tonumber(record.parts_delivered) == number
if not (ours and waits) then
  return { 'stale' }
end

local attempt, call_ms = tonumber(before) + 1, tonumber(ARGV[5])
count_call(keys, now, attempt_id(ARGV[3], attempt), call_ms, tonumber(ARGV[6]))
set(record, 'reason', '')
set(record, 'attempts', attempt)
set(record, 'deadline', now + call_ms)
record.reschedule = true
save(record)
return answer(record, 'begun', 0)
