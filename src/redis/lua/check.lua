#!lua flags=allow-oom
--[[
One check: of the open codes that are as long as the guess. It is counted and then compared in one atomic step, so
concurrent checks never exceed the number that is left. Only keyed hashes are compared: the duration of a comparison
reveals nothing useful for guessing, so it need not be constant.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[3]  verification id           ARGV[5]  digits of the guess
ARGV[2]  app                        ARGV[4]  hash of the guessed code   ARGV[6]  1: by number alone, so a guess of another
         length is counted as wrong: a refusal would reveal that a verification is open

Returns  {'checked', checks left, status, how it is simulated, public fields}   wrong, and not the last one. The public fields are there
         where a step has another recipient: the check counts for that one too, in its slot. Of a plain one that is delivered
         all after the second is left out, because that is the most frequent reply
         {'decided', valid 1|0, ended now, public fields}   {'ended', 0, ended now, public fields}
         {'wrong_length', digits of the newest code}   {'no_code'}   {'limited', wait ms}   {'not_found'}
]]
--- @include "record"
--- @include "callee"

-- The check that ends the verification: by the code that delivery `proof` carries, or as the last wrong one.
--- @rare
local function decide(record, now, proof)
  if proof then
    set(record, 'proof_delivery', proof)
  end
  move(record, proof and 'proven' or 'exhausted', now)
end

-- Whether a step of its workflow has a recipient of its own.
--- @rare
local function has_other_recipient(record)
  local plan = plan_of(record)
  for _, step in ipairs(plan and plan.steps or {}) do
    if step.h then
      return true
    end
  end
  return false
end

-- So many checks that it had will not be made: they are no wrong ones (begin_checks in begin.lua).
--- @rare
local function lose_checks(record, lost)
  local most = tonumber(redis.call('HGET', record.key, 'max_checks') or MAX_CHECKS)
  set_rare(record, 'max_checks', math.min(most, MAX_CHECKS) - lost)
end

local key, now = KEYS[1], time_ms(ARGV[1])
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
settle(record, now)
if TERMINAL[record.status] then
  save(record)
  return answer(record, 'ended', 0)
end
-- The newest delivery that carries it is the proof.
local parts, proof, digits = match_code(record, ARGV[5], ARGV[4])
if not digits then
  save(record)
  return { 'no_code' }
end
if not parts then
  if ARGV[6] ~= '1' then
    save(record)
    return { 'wrong_length', digits }
  end
  -- Counted like a guess at the newest code.
  parts = tonumber(record.code_parts) or 1
end

local keys = callee_keys(key, record.callee, record.app, record.simulated)
local wait, wrong = wrong_checks_wait(keys, now, parts, tonumber(record.checks_left))
if wait > 0 then
  save(record)
  return { 'limited', wait }
end

local left = tonumber(record.checks_left) - 1
local counted, wrong_checks = ARGV[3] .. '/' .. left, wrong_key(keys, parts)
count(wrong_checks, keys.app, now, counted, WRONG_CHECKS_WINDOW_MS)

if proof then
  uncount(wrong_checks, keys.app, counted)
else
  -- The app's own share of the callee's limit may leave fewer than this verification's.
  local kept = math.max(0, math.min(left, WRONG_CHECKS_PER_APP - wrong - 1))
  if kept < left then
    lose_checks(record, left - kept)
  end
  left = kept
end
if proof or left == 0 then
  decide(record, now, proof)
end
if #record.changes == 0 then
  -- Nearly always all that changes.
  redis.call('HSET', key, 'checks_left', left)
else
  set(record, 'checks_left', left)
  save(record)
end
if not record.ended_now then
  if record.more ~= '1' and record.status == 'delivered' then
    return { 'checked', left }
  end
  return { 'checked', left, record.status, record.simulated, has_other_recipient(record) and public_json(key) or nil }
end
return answer(record, 'decided', proof and 1 or 0)
