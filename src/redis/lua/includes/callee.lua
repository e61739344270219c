-- What is kept of one callee, over all its verifications. All of it shares the hash tag of the verification's key,
-- so every script stays in one Redis Cluster slot.

local function callee_keys(verification_key, callee)
  local stem = string.match(verification_key, '^{b%x+}:') .. 'c:' .. callee
  return {
    shown = stem .. ':shown',   -- sorted set: hash of a caller ID → when its rest ends
    wrong = stem .. ':wrong',   -- sorted set: wrong check → when it was made
    starts = stem .. ':starts', -- sorted set: attempt id → when it was placed
    live = stem .. ':live',     -- string: "<attempt id> <when the call is taken for lost>"
  }
end

-- Whether this call holds the callee now, so that no other may be placed.
local function holds(keys, attempt_id)
  local live, ours = redis.call('GET', keys.live), attempt_id .. ' '
  return live and string.sub(live, 1, #ours) == ours
end

-- String: id of the verification that this callee proves by calling this number of ours.
local function call_in_key(verification_key, callee, number)
  return string.match(verification_key, '^{b%x+}:') .. 'c:' .. callee .. ':in:' .. number
end

-- Names one call of a verification within what is kept of the callee.
local function attempt_id(verification_id, attempt)
  return verification_id .. '-' .. attempt
end

-- How many entries of the sorted set lie within the window, older ones thrown away.
local function count_within(key, now, window_ms)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window_ms)
  return redis.call('ZCARD', key)
end

-- When the entry at `index` (0 = oldest) was made.
local function time_at(key, index)
  return tonumber(redis.call('ZRANGE', key, index, index, 'WITHSCORES')[2])
end

-- How long until fewer than `most` of the `count` entries lie within the window; 0 where they do already.
local function wait_for_room(key, now, window_ms, count, most)
  if count < most then
    return 0
  end
  return time_at(key, count - most) + window_ms - now
end

-- Milliseconds until wrong checks are taken again, and how many lie within the window.
local function wrong_checks_wait(keys, now)
  local window = WRONG_CHECKS_WINDOW_MS
  local count = count_within(keys.wrong, now, window)
  return wait_for_room(keys.wrong, now, window, count, WRONG_CHECKS_PER_CALLEE), count
end
