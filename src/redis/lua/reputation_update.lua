#!lua flags=allow-oom
--[[
Counts calls by their caller ID, keeps what became of them, and takes out what is at a cap or should rest. Not idempotent.
Times of attempts are kept in whole minutes: that takes 6 bytes, and does not tell which call was whose.

KEYS[1]  {care}, the stem of
           {care}:a:<hash>     list: minutes of a caller ID's attempts, newest first
           {care}:r:<hash>     string: its last calls, 1 rang, 0 did not
           {care}:t:<trunk>    hash: rang and tried of the trunk's last calls
           {care}:out:<range>  sorted set: hash of a caller ID → until when it is not shown
           {care}:rest:<range> sorted set: those of them that rest
ARGV[1]  now, ms                  ARGV[5]  rest of a silent one, ms
ARGV[2]  attempts in an hour      ARGV[6]  calls that are looked at for silence
ARGV[3]  attempts in a day        ARGV[7]  silent: less of them rang, in percent
ARGV[4]  rest of a flagged one, ms  ARGV[8]  only while so much of the trunk's calls ring, in percent
ARGV[9…] notes, four values each: 'attempt'|'rang'|'silent'|'flagged', range, hash, trunk ('' for an attempt)

Returns  {range, trunk, 'flagged'|'silent', …}: three values for each caller ID that began to rest
]]
local MINUTE_MS, HOUR_MS, DAY_MS = 60000, 3600000, 86400000
-- The trunk's calls are halved at this number, so that old ones fade.
local TRUNK_WINDOW = 1000
-- A trunk is judged from so many times the calls of one caller ID: one alone does not speak for it.
local TRUNK_FACTOR = 5

local stem, now = KEYS[1], tonumber(ARGV[1])
local per_hour, per_day = tonumber(ARGV[2]), tonumber(ARGV[3])
local rest_ms = { flagged = tonumber(ARGV[4]), silent = tonumber(ARGV[5]) }
local history_length, least_percent, least_trunk_percent = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local began = {}

-- Keeps the hash in the set until then, or longer where it is there for longer; the set goes when its last one is due.
local function keep_until(key, hash, until_ms)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZADD', key, 'GT', until_ms, hash)
  if redis.call('PTTL', key) < until_ms - now then
    redis.call('PEXPIRE', key, until_ms - now)
  end
end

local function count(range, hash)
  local key = stem .. ':a:' .. hash
  redis.call('LPUSH', key, math.floor(now / MINUTE_MS))
  redis.call('LTRIM', key, 0, per_day - 1)
  redis.call('PEXPIRE', key, DAY_MS + MINUTE_MS)
  -- At a cap until the oldest of the last `most` attempts has left the window; its minute counts as over when it ends.
  local function full_until(most, window_ms)
    local oldest = redis.call('LINDEX', key, most - 1)
    return oldest and (tonumber(oldest) + 1) * MINUTE_MS + window_ms or 0
  end
  local until_ms = math.max(full_until(per_hour, HOUR_MS), full_until(per_day, DAY_MS))
  if until_ms > now then
    keep_until(stem .. ':out:' .. range, hash, until_ms)
  end
end

local function rest(range, hash, trunk, why)
  local resting = stem .. ':rest:' .. range
  local rests_until = redis.call('ZSCORE', resting, hash)
  if not rests_until or tonumber(rests_until) <= now then
    began[#began + 1] = range
    began[#began + 1] = trunk
    began[#began + 1] = why
  end
  keep_until(resting, hash, now + rest_ms[why])
  keep_until(stem .. ':out:' .. range, hash, now + rest_ms[why])
  redis.call('DEL', stem .. ':r:' .. hash)
end

-- Adds one call to the trunk's; whether enough of them ring.
local function trunk_rings(trunk, rang)
  local key = stem .. ':t:' .. trunk
  local kept = redis.call('HMGET', key, 'rang', 'tried')
  local total_rang, tried = (tonumber(kept[1]) or 0) + rang, (tonumber(kept[2]) or 0) + 1
  if tried >= TRUNK_WINDOW then
    total_rang, tried = total_rang / 2, tried / 2
  end
  redis.call('HSET', key, 'rang', total_rang, 'tried', tried)
  redis.call('PEXPIRE', key, DAY_MS)
  return tried >= TRUNK_FACTOR * history_length and total_rang * 100 >= least_trunk_percent * tried
end

local function learn(what, range, hash, trunk)
  local rang = what == 'rang' and 1 or 0
  local healthy = trunk_rings(trunk, rang)
  if what == 'flagged' then
    return rest(range, hash, trunk, 'flagged')
  end
  local key = stem .. ':r:' .. hash
  local history = string.sub((redis.call('GET', key) or '') .. rang, -history_length)
  local _, rings = string.gsub(history, '1', '')
  if healthy and #history == history_length and rings * 100 < least_percent * history_length then
    return rest(range, hash, trunk, 'silent')
  end
  redis.call('SET', key, history, 'PX', DAY_MS)
end

for i = 9, #ARGV, 4 do
  local what, range, hash, trunk = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if what == 'attempt' then
    count(range, hash)
  else
    learn(what, range, hash, trunk)
  end
end
return began
