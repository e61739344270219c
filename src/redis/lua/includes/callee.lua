-- The state of one callee, over all its verifications. Its keys share the hash tag of the verification's key,
-- so every script stays in one Redis Cluster slot.

local HOUR_MS = 3600000

-- Where a callee's state lies: `stem` of its keys, and the app that asks. A key is put together where it is used, because no
-- script needs all of them:
--   :shown        sorted set: hash of a caller ID → when its cool-down ends
--   :wrong        sorted set: wrong check → when it was made
--   :wrong_long   the same of codes of several parts. No suffix of `wrong`: the names of apps are suffixes of both
--   :starts       sorted set: attempt id → when it was begun
--   :live         string: "<attempt id> <when the attempt counts as lost> <when it should be over>"
--   :last         string: when the newest message was sent, ms
-- The app's own share of each limit is counted in addition to the total; no app can use up the whole limit.
-- `untouched`, where it is set: Redis has nothing of the callee that a limit looks at; see open_delivery.
-- `simulated`: of a verification that is simulated from its first delivery on, '' or nil for others. Its counts lie apart, in
--   <stem>:<simulated>:<app>
-- so they never limit the callee, nor another app.
local function callee_keys(verification_key, callee, app, simulated)
  local stem = string.match(verification_key, '^{s%d+}:') .. 'c:' .. callee
  if simulated == 'test' or simulated == 'shadow' then
    return { stem = stem .. ':' .. simulated .. ':' .. app, app = app, fixed = simulated == 'test' }
  end
  return { stem = stem, app = app }
end

-- Whether this attempt holds the callee's lock, so that no other may begin.
local function holds(keys, attempt_id)
  local live, ours = redis.call('GET', keys.stem .. ':live'), attempt_id .. ' '
  return live and string.sub(live, 1, #ours) == ours
end

-- Milliseconds until another call is allowed: until the current one should be over, and after that until it counts as lost.
local function live_wait(keys, now)
  local live = redis.call('GET', keys.stem .. ':live')
  if not live then
    return 0
  end
  local lost_at, over_at = string.match(live, ' (%d+) (%d+)$')
  return tonumber(over_at) > now and tonumber(over_at) - now or tonumber(lost_at) - now
end

-- The call of this attempt should be over by then; the callee's lock stays as it is.
local function expect_over(keys, attempt_id, over_at)
  local live, ours = redis.call('GET', keys.stem .. ':live'), attempt_id .. ' '
  if live and string.sub(live, 1, #ours) == ours then
    local lost_at = string.match(live, ' (%d+) %d+$')
    redis.call('SET', keys.stem .. ':live', attempt_id .. ' ' .. lost_at .. ' ' .. (over_at or lost_at), 'KEEPTTL')
  end
end

-- The name of one attempt of a verification in the callee's state.
local function attempt_id(verification_id, attempt)
  return verification_id .. '-' .. text_of(attempt)
end

-- Counts the sorted set's entries within the window. Older ones are removed where it would otherwise be `enough`; a smaller
-- result may include some of them.
local function count_within(key, now, window_ms, enough)
  local entries = redis.call('ZCARD', key)
  if entries < enough then
    return entries
  end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window_ms)
  return redis.call('ZCARD', key)
end

-- When the entry at `index` (0 = oldest) was made.
local function time_at(key, index)
  return tonumber(redis.call('ZRANGE', key, index, index, 'WITHSCORES')[2])
end

-- How long until fewer than `most` of the `count` entries lie within the window, where there are as many. Where there is
-- never room (a limit below what one code takes) the window: the service refuses that before.
--- @rare
local function wait_for_room(key, now, window_ms, count, most)
  if most < 1 then
    return window_ms
  end
  return time_at(key, count - most) + window_ms - now
end

-- Adds one entry to a count of the callee, in total and for the app where apps have shares.
local function count(key, app, now, member, window_ms)
  redis.call('ZADD', key, now, member)
  redis.call('PEXPIRE', key, window_ms)
  if APPS_HAVE_SHARES then
    local own = key .. ':' .. app
    redis.call('ZADD', own, now, member)
    redis.call('PEXPIRE', own, window_ms)
  end
end

local function uncount(key, app, member)
  redis.call('ZREM', key, member)
  if APPS_HAVE_SHARES then
    redis.call('ZREM', key .. ':' .. app, member)
  end
end

-- Milliseconds until another is allowed, by the total and by the app's share, and how many the app counts: exactly where it has
-- not room for so many more.
local function wait_for(key, app, now, window_ms, most, share, room)
  local total = count_within(key, now, window_ms, most - room + 1)
  local wait = total < most and 0 or wait_for_room(key, now, window_ms, total, most)
  if not APPS_HAVE_SHARES then
    return wait, total
  end
  local own_key = key .. ':' .. app
  local own = count_within(own_key, now, window_ms, share - room + 1)
  return math.max(wait, own < share and 0 or wait_for_room(own_key, now, window_ms, own, share)), own
end

-- Codes of several parts have so many values that their wrong checks are counted apart: a callee whose short codes were
-- guessed at too often can still get a long one. The fixed code of a test number is one code, however many calls show it.
local function wrong_key(keys, parts)
  return tonumber(parts) > 1 and not keys.fixed and keys.stem .. ':wrong_long' or keys.stem .. ':wrong'
end

-- Milliseconds until wrong checks are taken again, and how many this app made within the window: exactly where it may not make
-- `room` more.
local function wrong_checks_wait(keys, now, parts, room)
  return wait_for(wrong_key(keys, parts), keys.app, now, WRONG_CHECKS_WINDOW_MS, WRONG_CHECKS_PER_CALLEE,
    WRONG_CHECKS_PER_APP, room)
end

-- Milliseconds until the minimum interval since the newest delivery is over. `none`: the caller found no starts.
local function gap_wait(keys, now, starts, none)
  if START_GAP_MS == 0 then
    return 0
  end
  local newest = none and 0 or tonumber(redis.call('ZRANGE', starts, -1, -1, 'WITHSCORES')[2] or 0)
  local message = tonumber(redis.call('GET', keys.stem .. ':last') or 0)
  return math.max(0, math.max(newest, message) + START_GAP_MS - now)
end

-- A message was sent: it has no entry among the starts unless a verification began with it.
local function note_message(keys, now)
  if START_GAP_MS > 0 then
    redis.call('SET', keys.stem .. ':last', string.format('%d', now), 'PX', START_GAP_MS)
  end
end

-- The limit that applies longest, and for how long; nil where none blocks a delivery with this many attempts.
-- `starts` names the sorted set that counts them: attempts that do not disturb the callee are counted apart.
-- `has_code`: the delivery will have a code that can be guessed. `automatic`: a step, which waits for no interval.
local function limit_on(keys, now, parts, starts, has_code, automatic)
  if keys.untouched then
    return nil, 0
  end
  local longest, name, wait, starts_count = 0, nil, nil, nil
  local function consider(by, limit)
    if by > longest then
      longest, name = by, limit
    end
  end

  if has_code then
    local own
    wait, own = wrong_checks_wait(keys, now, parts, 1)
    keys.no_wrong_checks = own == 0
    consider(wait, 'wrong_checks')
  end

  consider(live_wait(keys, now), 'live_call')

  -- Room for all attempts of the code; each is counted when it begins. No other can come between: see `live`.
  wait, starts_count = wait_for(starts, keys.app, now, HOUR_MS, STARTS_PER_CALLEE_PER_HOUR - parts + 1,
    STARTS_PER_APP_PER_HOUR - parts + 1, 1)
  consider(wait, 'hourly_starts')
  if not automatic then
    consider(gap_wait(keys, now, starts, not APPS_HAVE_SHARES and starts_count == 0), 'gap')
  end
  return name, longest
end

local function count_start(keys, starts, now, attempt_id)
  count(starts, keys.app, now, attempt_id, HOUR_MS)
end

-- Counts a call to this callee and locks the callee for it until call_ms have passed; it should be over in over_ms.
local function count_call(keys, now, attempt_id, call_ms, over_ms)
  count_start(keys, keys.stem .. ':starts', now, attempt_id)
  redis.call('SET', keys.stem .. ':live', attempt_id .. string.format(' %d %d', now + call_ms, now + over_ms), 'PX',
    call_ms)
end
