#!lua
--[[
Leases the caller IDs of a new code for a verification that goes on: new calls, new life, the checks left stay.

KEYS[1]   {b<bucket>}:v:<id>
ARGV[1]   now, ms                     ARGV[4]   call_ms: the first call is lost after this time
ARGV[2]   app                         ARGV[5]   most caller IDs that may rest for this callee
ARGV[3]   verification id             ARGV[6]   calls, the same as at the start
ARGV[7…]  candidates in random order: a caller ID hash for each call, code hash, prefix, digits

Returns   {'placed', candidate, 0, public fields…}   {'ended', 0, ended now, public fields…}
          {'all_cooling_down', how many}   {'capacity', wait ms}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"
--- @include "call"

local FIRST_CANDIDATE = 7
local key, now = KEYS[1], tonumber(ARGV[1])
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, now)
save(key, record)
if TERMINAL[record.status] then
  return answer(key, 'ended', 0, record.ended_now)
end
if not next_status(record.status, 'resent') then
  return { 'limited', 'live_call', tonumber(record.call_deadline) - now }
end

local keys = callee_keys(key, record.callee)
local call_ms, attempt = tonumber(ARGV[4]), tonumber(record.attempts) + 1
local chosen, refusal = lease(keys, now, attempt_id(ARGV[3], attempt), call_ms, tonumber(ARGV[5]), tonumber(ARGV[6]),
  ARGV, FIRST_CANDIDATE)
if not chosen then
  return refusal
end

record.changes = {}
move(record, 'resent', now, '')
set(record, 'reason', '')
set(record, 'last_call', '')
set(record, 'calls_delivered', 0)
set(record, 'code', chosen.code)
set(record, 'caller_id_prefix', chosen.prefix)
set(record, 'attempts', attempt)
set(record, 'expires_at', now + TTL_MS)
set(record, 'call_deadline', now + call_ms)
save(key, record)
keep_until_retention(key)
return answer(key, 'placed', chosen.number, false)
