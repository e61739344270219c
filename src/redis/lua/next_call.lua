#!lua
--[[
The second call of a code is to ring now: it takes over the callee from the call before it, and is counted. Its caller
ID was leased at the start. Where the verification has ended meanwhile, the callee is free again.

KEYS[1]  {b<bucket>}:v:<id>
ARGV[1]  now, ms      ARGV[3]  verification id         ARGV[5]  call_ms: the call is lost after this time
ARGV[2]  app          ARGV[4]  attempt before it

Returns  {'placed', 0, 0, public fields…}   {'ended', 0, ended now, public fields…}   {'stale'}   {'not_found'}
]]
--- @include "record"
--- @include "callee"
--- @include "call"

local key, now, before = KEYS[1], tonumber(ARGV[1]), ARGV[4]
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, now)
save(key, record)
local keys = callee_keys(key, record.callee)
local ours = holds(keys, attempt_id(ARGV[3], before))
if TERMINAL[record.status] then
  if ours then
    redis.call('DEL', keys.live)
  end
  return answer(key, 'ended', 0, record.ended_now)
end
-- Not ours any more: a clock that is wrong, and another call may ring. One phone is never rung twice at once.
local number = call_number(record)
local waits = before == record.attempts and number < tonumber(record.calls)
  and tonumber(record.calls_delivered) == number
if not (ours and waits and next_status(record.status, 'called_next')) then
  return { 'stale' }
end

local attempt, call_ms = tonumber(before) + 1, tonumber(ARGV[5])
count_call(keys, now, attempt_id(ARGV[3], attempt), call_ms)
record.changes = {}
move(record, 'called_next', now, '')
set(record, 'reason', '')
set(record, 'attempts', attempt)
set(record, 'call_deadline', now + call_ms)
save(key, record)
return answer(key, 'placed', 0, false)
