#!lua flags=allow-oom
--[[
Counts calls by their caller ID, keeps their results, and marks caller IDs that are at a cap or go into cool-down as
unavailable. Not idempotent. Times of attempts are kept in whole minutes: that takes 6 bytes and does not reveal single calls.

KEYS[1]  {reputation}, the stem of
           {reputation}:a:<hash>     list: minutes of a caller ID's attempts, newest first
           {reputation}:r:<hash>     string: its last calls, 1 rang, 0 did not
           {reputation}:t:<trunk>    hash: rang and tried of the trunk's last calls
           {reputation}:p:<prefix>   hash: flagged and tried of the last calls to a callee prefix
           {reputation}:f:<hash>     sorted set: "<callee prefix> <app>" that flagged it → until when that counts, ms
           {reputation}:l:<hash>     number: cool-downs for flags so far
           {reputation}:n:<range>:<hour>  number: cool-downs for flags that began in this hour
           {reputation}:unavailable:<range>  sorted set: hash of a caller ID → until when it is not shown
           {reputation}:cooldown:<range>     sorted set: those of them that are in cool-down
ARGV[1]  '', or now in ms (tests) ARGV[5]  cool-down of a silent one, ms
ARGV[2]  attempts in an hour      ARGV[6]  calls that are evaluated for silence
ARGV[3]  attempts in a day        ARGV[7]  silent: a smaller share of them rang, in percent
ARGV[4]  longest cool-down of a flagged one, ms
                                  ARGV[8]  only while at least this share of the trunk's calls rings, in percent
ARGV[9]  first cool-down of a flagged one, ms: 24 times as long with each that follows
ARGV[10] distinct callee prefixes, ARGV[11] distinct apps that must have flagged it
ARGV[12] cool-downs for flags that may begin in a range within an hour, in percent of its size; one at least
ARGV[13…] notes, seven values each: 'attempt'|'rang'|'silent'|'flagged', range, hash,
          then '' for an attempt: trunk, hash of the callee prefix, app, size of the range

Returns  {range, trunk, 'flagged'|'silent', …}: three values for each caller ID that went into cool-down
]]
--- @include "time"

local MINUTE_MS, HOUR_MS, DAY_MS = 60000, 3600000, 86400000
-- The trunk's counts are halved at this number, so that old calls decay.
local TRUNK_WINDOW = 1000
-- A trunk is judged from this many times the calls of one caller ID: one caller ID is no evidence about the trunk.
local TRUNK_FACTOR = 5
-- A callee prefix is judged from this many calls; its counts are halved at the window.
local PREFIX_SAMPLE, PREFIX_WINDOW = 8, 200
-- Bound of the flags that are kept of one caller ID.
local MOST_FLAGS = 50
-- A cool-down is this many times as long as the one before: an hour, a day, then the longest.
local GROWTH = 24
-- After this time without a flag a caller ID starts with the first cool-down again.
local MEMORY_MS = 30 * DAY_MS

local stem, now = KEYS[1], time_ms(ARGV[1])
local per_hour, per_day = tonumber(ARGV[2]), tonumber(ARGV[3])
local longest_ms, silent_ms, first_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[9])
local least_prefixes, least_apps, most_percent = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local history_length, least_percent, least_trunk_percent = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local began = {}

-- Keeps the hash in the set until then, never shorter than before; the set expires with its last entry.
local function keep_until(key, hash, until_ms)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZADD', key, 'GT', until_ms, hash)
  if redis.call('PTTL', key) < until_ms - now then
    redis.call('PEXPIRE', key, until_ms - now)
  end
end

local function count(range, hash)
  local key = stem .. ':a:' .. hash
  local attempts = redis.call('LPUSH', key, math.floor(now / MINUTE_MS))
  if attempts > per_day then
    redis.call('LTRIM', key, 0, per_day - 1)
  end
  redis.call('PEXPIRE', key, DAY_MS + MINUTE_MS)
  -- At a cap until the oldest of the last `most` attempts has left the window; its minute counts as over when it ends.
  local function full_until(most, window_ms)
    local oldest = attempts >= most and redis.call('LINDEX', key, most - 1)
    return oldest and (tonumber(oldest) + 1) * MINUTE_MS + window_ms or 0
  end
  local until_ms = math.max(full_until(per_hour, HOUR_MS), full_until(per_day, DAY_MS))
  if until_ms > now then
    keep_until(stem .. ':unavailable:' .. range, hash, until_ms)
  end
end

local function cool_down(range, hash, trunk, why, cooldown_ms)
  local cooldown_key = stem .. ':cooldown:' .. range
  local cooling_until = redis.call('ZSCORE', cooldown_key, hash)
  if not cooling_until or tonumber(cooling_until) <= now then
    began[#began + 1] = range
    began[#began + 1] = trunk
    began[#began + 1] = why
  end
  keep_until(cooldown_key, hash, now + cooldown_ms)
  keep_until(stem .. ':unavailable:' .. range, hash, now + cooldown_ms)
  redis.call('DEL', stem .. ':r:' .. hash, stem .. ':f:' .. hash)
end

-- Counts of trunks and of prefixes by their keys: read once, and written when all notes are counted.
local tallies = {}

-- Adds one call to a tally of some of the last calls; counts are halved at the window.
local function tally(key, name, matches, window)
  local one = tallies[key]
  if not one then
    local kept = redis.call('HMGET', key, name, 'tried')
    one = { name = name, matching = tonumber(kept[1]) or 0, tried = tonumber(kept[2]) or 0 }
    tallies[key] = one
  end
  one.matching, one.tried = one.matching + matches, one.tried + 1
  if one.tried >= window then
    one.matching, one.tried = one.matching / 2, one.tried / 2
  end
  return one
end

local function write_tallies()
  for key, one in pairs(tallies) do
    redis.call('HSET', key, one.name, one.matching, 'tried', one.tried)
    redis.call('PEXPIRE', key, DAY_MS)
  end
end

-- Adds one call to the trunk's counts; returns whether enough calls ring.
local function trunk_rings(trunk, rang)
  local one = tally(stem .. ':t:' .. trunk, 'rang', rang, TRUNK_WINDOW)
  return one.tried >= TRUNK_FACTOR * history_length and one.matching * 100 >= least_trunk_percent * one.tried
end

-- Adds one call to the prefix's counts; returns whether it flags most calls, so that a flag is no evidence about a caller ID.
local function flags_all(prefix, flagged)
  local one = tally(stem .. ':p:' .. prefix, 'flagged', flagged, PREFIX_WINDOW)
  return one.tried >= PREFIX_SAMPLE and one.matching * 2 > one.tried
end

local function flagged_by_enough(hash, prefix, app)
  local key = stem .. ':f:' .. hash
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZADD', key, now + DAY_MS, prefix .. ' ' .. app)
  redis.call('PEXPIRE', key, DAY_MS)
  local prefixes, apps, count, app_count = {}, {}, 0, 0
  for _, source in ipairs(redis.call('ZREVRANGE', key, 0, MOST_FLAGS - 1)) do
    local from_prefix, from_app = string.match(source, '^(%S*) (.*)$')
    if not prefixes[from_prefix] then
      prefixes[from_prefix], count = true, count + 1
    end
    if not apps[from_app] then
      apps[from_app], app_count = true, app_count + 1
    end
  end
  return count >= least_prefixes and app_count >= least_apps
end

local function may_begin(range, size)
  local key = stem .. ':n:' .. range .. ':' .. string.format('%.0f', math.floor(now / HOUR_MS))
  if tonumber(redis.call('GET', key) or 0) >= math.max(1, math.floor(size * most_percent / 100)) then
    return false
  end
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, HOUR_MS)
  return true
end

local function flag(range, hash, trunk, prefix, app, size)
  local cooling_until = redis.call('ZSCORE', stem .. ':cooldown:' .. range, hash)
  if cooling_until and tonumber(cooling_until) > now then
    return
  end
  if not flagged_by_enough(hash, prefix, app) or not may_begin(range, size) then
    return
  end
  local level_key = stem .. ':l:' .. hash
  local level = redis.call('INCR', level_key)
  redis.call('PEXPIRE', level_key, MEMORY_MS)
  cool_down(range, hash, trunk, 'flagged', math.min(longest_ms, first_ms * GROWTH ^ math.min(level - 1, 10)))
end

local function learn(what, range, hash, trunk, prefix, app, size)
  local rang = what == 'rang' and 1 or 0
  local healthy = trunk_rings(trunk, rang)
  local everything = flags_all(prefix, what == 'flagged' and 1 or 0)
  if what == 'flagged' then
    return everything or flag(range, hash, trunk, prefix, app, size)
  end
  local key = stem .. ':r:' .. hash
  local history = string.sub((redis.call('GET', key) or '') .. rang, -history_length)
  local _, rings = string.gsub(history, '1', '')
  if healthy and #history == history_length and rings * 100 < least_percent * history_length then
    return cool_down(range, hash, trunk, 'silent', silent_ms)
  end
  redis.call('SET', key, history, 'PX', DAY_MS)
end

for i = 13, #ARGV, 7 do
  local what, range, hash = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if what == 'attempt' then
    count(range, hash)
  else
    learn(what, range, hash, ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], tonumber(ARGV[i + 6]))
  end
end
write_tallies()
return began
