#!lua
--[[
Leases the caller ID of a new call for a verification that goes on: new code, new life, the checks left stay.

KEYS[1]   {b<bucket>}:v:<id>
ARGV[1]   now, ms                     ARGV[4]   call_ms: the call is lost after this time
ARGV[2]   app                         ARGV[5]   most caller IDs that may rest for this callee
ARGV[3]   verification id
ARGV[6…]  candidates in random order, four values each: caller ID hash, code hash, prefix, digits

Returns   {'placed', candidate, 0, public fields…}   {'ended', 0, ended now, public fields…}
          {'all_resting', how many}   {'capacity', wait ms}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"
--- @include "call"

local FIRST_CANDIDATE = 6
local key, now = KEYS[1], tonumber(ARGV[1])
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, now)
save(key, record)
if TERMINAL[record.status] then
  return answer(record, 'ended', 0)
end
if not TRANSITIONS.resent[record.status] then
  return { 'limited', 'live_call', tonumber(record.call_deadline) - now }
end

local keys = callee_keys(key, record.callee)
local call_ms, attempt = tonumber(ARGV[4]), tonumber(record.attempts) + 1
local chosen, refusal = lease(keys, now, attempt_id(ARGV[3], attempt), call_ms, tonumber(ARGV[5]), ARGV,
  FIRST_CANDIDATE)
if not chosen then
  return refusal
end

local candidate = FIRST_CANDIDATE + (chosen - 1) * 4
move(record, 'resent', now, '')
record.reason = ''
record.code = ARGV[candidate + 1]
record.caller_id_prefix = ARGV[candidate + 2]
record.attempts = tostring(attempt)
record.expires_at = tostring(now + SETTINGS.ttl_ms)
record.call_deadline = tostring(now + call_ms)
save(key, record)
redis.call('HSET', key, 'code', record.code, 'caller_id_prefix', record.caller_id_prefix, 'attempts', record.attempts,
  'expires_at', record.expires_at, 'call_deadline', record.call_deadline)
keep_until_retention(key)
return answer(record, 'placed', chosen)
