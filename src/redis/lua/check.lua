#!lua flags=allow-oom
--[[
One check. It is counted before it is compared, in this one step, so however many come at once, only as many are
compared as are left. Only keyed hashes are compared: how long a comparison takes tells nothing that helps to guess,
so it need not take constant time.

KEYS[1]  {b<bucket>}:v:<id>
ARGV[1]  now, ms      ARGV[3]  verification id           ARGV[5]  digits of the guess
ARGV[2]  app          ARGV[4]  hash of the guessed code

Returns  {'checked', checks left, status}    wrong, and not the last one: the least, because it is the most frequent
         {'decided', valid 1|0, ended now, public fields…}   {'ended', 0, ended now, public fields…}
         {'wrong_length', digits of the code}   {'limited', wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"

local key, now = KEYS[1], tonumber(ARGV[1])
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, now)
if TERMINAL[record.status] then
  save(key, record)
  return answer(key, 'ended', 0, record.ended_now)
end
-- Where the callee calls in there is no code, and its length is 0.
if record.code == '' or ARGV[5] ~= record.code_length then
  save(key, record)
  return { 'wrong_length', record.code_length }
end

local keys = callee_keys(key, record.callee)
local wait, wrong = wrong_checks_wait(keys, now)
if wait > 0 then
  save(key, record)
  return { 'limited', wait }
end

local left = tonumber(record.checks_left) - 1
local counted = ARGV[3] .. '/' .. left
redis.call('ZADD', keys.wrong, now, counted)
redis.call('PEXPIRE', keys.wrong, WRONG_CHECKS_WINDOW_MS)

local valid = ARGV[4] == record.code
if valid then
  redis.call('ZREM', keys.wrong, counted)
  move(record, 'matched', now, '')
else
  -- The callee's own limit may leave fewer than this verification's.
  left = math.min(left, WRONG_CHECKS_PER_CALLEE - wrong - 1)
  if left == 0 then
    move(record, 'exhausted', now, '')
  end
end
set(record, 'checks_left', left)
save(key, record)
if not record.ended_now then
  return { 'checked', left, record.status }
end
return answer(key, 'decided', valid and 1 or 0, true)
