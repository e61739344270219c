#!lua
--[[
Starts a verification and leases the caller IDs of its calls, or says why not. Idempotent on the id.

KEYS[1]   {b<bucket>}:v:<id>
ARGV[1]   now, ms                     ARGV[5]   call_ms: the first call is lost after this time
ARGV[2]   app                         ARGV[6]   most caller IDs that may rest for this callee
ARGV[3]   verification id             ARGV[7]   callee, E.164
ARGV[4]   hash of the callee          ARGV[8]   country
ARGV[9]   reference, or ''            ARGV[10]  metadata as JSON, or ''
                                      ARGV[11]  calls
ARGV[12…] candidates in random order: a caller ID hash for each call, code hash, prefix, digits

Returns   {'placed', candidate, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'all_cooling_down', how many}   {'capacity', wait ms}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"
--- @include "call"
--- @include "existing"

local FIRST_CANDIDATE = 12
local key, now, app = KEYS[1], tonumber(ARGV[1]), ARGV[2]

local existing = answer_existing(key, app, now)
if existing then
  return existing
end

local keys = callee_keys(key, ARGV[4])
local call_ms, calls = tonumber(ARGV[5]), tonumber(ARGV[11])
local chosen, refusal = lease(keys, now, attempt_id(ARGV[3], 1), call_ms, tonumber(ARGV[6]), calls, ARGV,
  FIRST_CANDIDATE)
if not chosen then
  return refusal
end

-- The callee may have wrong checks left for fewer than a whole verification.
local _, wrong = wrong_checks_wait(keys, now)
redis.call('HSET', key,
  'app', app,
  'to', ARGV[7],
  'country', ARGV[8],
  'channel', 'missed_call',
  'call_in_number', '',
  'status', 'pending',
  'reason', '',
  'calls', calls,
  'calls_delivered', 0,
  'code_length', chosen.digits,
  'caller_id_prefix', chosen.prefix,
  'checks_left', math.min(MAX_CHECKS, WRONG_CHECKS_PER_CALLEE - wrong),
  'attempts', 1,
  'reference', ARGV[9],
  'metadata', ARGV[10],
  'created_at', now,
  'expires_at', now + TTL_MS,
  'ended_at', '',
  'last_call', '',
  'code', chosen.code,
  'callee', ARGV[4],
  'call_deadline', now + call_ms)
keep_until_retention(key)
return answer(key, 'placed', chosen.number, false)
