#!lua
--[[
Starts a verification that a call of the callee's own is to prove, and holds a number of ours for it, or says why not.
Idempotent on the id.

A number is held for one verification of this callee at a time, and for some time after: the call is refused, so people
dial twice, and the second call must not prove anything that somebody else started meanwhile.

KEYS[1]   {b<bucket>}:v:<id>
ARGV[1]   now, ms                     ARGV[5]   callee, E.164
ARGV[2]   app                         ARGV[6]   country
ARGV[3]   verification id             ARGV[7]   reference, or ''
ARGV[4]   hash of the callee          ARGV[8]   metadata as JSON, or ''
ARGV[9]   how long after its life a number stays held, ms
ARGV[10…] our numbers in random order, E.164

Returns   {'started', 0, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'numbers_taken', wait ms}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"
--- @include "call"
--- @include "existing"

local FIRST_NUMBER = 10
local key, now = KEYS[1], tonumber(ARGV[1])
local existing = answer_existing(key, ARGV[2], now)
if existing then
  return existing
end

local keys = callee_keys(key, ARGV[4])
local limit, wait = limit_on(keys, now, 1)
if limit then
  return { 'limited', limit, wait }
end

local hold_ms = TTL_MS + tonumber(ARGV[9])
local number, soonest = nil, hold_ms
for i = FIRST_NUMBER, #ARGV do
  local hold = call_in_key(key, ARGV[4], ARGV[i])
  if redis.call('SET', hold, ARGV[3], 'NX', 'PX', hold_ms) then
    number = ARGV[i]
    break
  end
  soonest = math.min(soonest, redis.call('PTTL', hold))
end
if not number then
  return { 'numbers_taken', soonest }
end

count_start(keys, now, attempt_id(ARGV[3], 0))
redis.call('HSET', key,
  'app', ARGV[2],
  'to', ARGV[5],
  'country', ARGV[6],
  'channel', 'call_in',
  'call_in_number', number,
  'status', 'pending',
  'reason', '',
  'calls', 0,
  'calls_delivered', 0,
  'code_length', 0,
  'caller_id_prefix', '',
  'checks_left', 0,
  'attempts', 0,
  'reference', ARGV[7],
  'metadata', ARGV[8],
  'created_at', now,
  'expires_at', now + TTL_MS,
  'ended_at', '',
  'last_call', '',
  'code', '',
  'callee', ARGV[4],
  -- There is no call of ours that could be lost: later than its life, this deadline is never looked at.
  'call_deadline', now + TTL_MS + 1)
keep_until_retention(key)
return answer(key, 'started', 0, false)
