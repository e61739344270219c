-- May this callee be called now, and which caller ID does it get? Needs "callee".

local HOUR_MS = 3600000

-- The limit that holds longest, and for how long; nil where none stands against a code of so many calls.
local function limit_on(keys, now, calls)
  local longest, name = 0, nil
  local function consider(wait, limit)
    if wait > longest then
      longest, name = wait, limit
    end
  end

  consider(wrong_checks_wait(keys, now), 'wrong_checks')

  local live = redis.call('GET', keys.live)
  if live then
    consider(tonumber(string.match(live, ' (%d+)$')) - now, 'live_call')
  end

  local starts = count_within(keys.starts, now, HOUR_MS)
  -- Room for all calls of the code; each is counted when it is placed. No other can come between: see `live`.
  consider(wait_for_room(keys.starts, now, HOUR_MS, starts, STARTS_PER_CALLEE_PER_HOUR - calls + 1), 'hourly_starts')
  if starts > 0 then
    consider(time_at(keys.starts, starts - 1) + START_GAP_MS - now, 'gap')
  end
  return name, longest
end

-- Counts against the limits of this callee.
local function count_start(keys, now, attempt_id)
  redis.call('ZADD', keys.starts, now, attempt_id)
  redis.call('PEXPIRE', keys.starts, HOUR_MS)
end

-- Counts a call of this callee, the only one that may be up until call_ms have passed.
local function count_call(keys, now, attempt_id, call_ms)
  count_start(keys, now, attempt_id)
  redis.call('SET', keys.live, attempt_id .. ' ' .. (now + call_ms), 'PX', call_ms)
end

-- Takes the first candidate of whose caller IDs none rests for this callee and leases them: they are shown, and the
-- first call is counted and live from now on, and each of that ends by itself. `candidates` is ARGV, from `first` on:
-- so many caller ID hashes as there are calls, then code hash, prefix, digits.
-- Returns the candidate { number (1 = first), code, prefix, digits }, or nil and the refusal.
local function lease(keys, now, attempt_id, call_ms, most_resting, calls, candidates, first)
  local limit, wait = limit_on(keys, now, calls)
  if limit then
    return nil, { 'limited', limit, wait }
  end

  local resting = count_within(keys.shown, now, 0)
  if resting > most_resting then
    return nil, { 'capacity', time_at(keys.shown, resting - most_resting - 1) - now }
  end

  local stride = calls + 3
  local hashes = {}
  for i = first, #candidates, stride do
    for call = 0, calls - 1 do
      hashes[#hashes + 1] = candidates[i + call]
    end
  end
  local rests = redis.call('ZMSCORE', keys.shown, unpack(hashes))
  local chosen
  for number = 1, #hashes / calls do
    local last = number * calls
    if not (rests[last] or rests[last - calls + 1]) then
      chosen = number
      break
    end
  end
  if not chosen then
    return nil, { 'all_cooling_down', resting }
  end

  for i = (chosen - 1) * calls + 1, chosen * calls do
    redis.call('ZADD', keys.shown, now + CALLER_ID_COOLDOWN_MS, hashes[i])
  end
  redis.call('PEXPIRE', keys.shown, CALLER_ID_COOLDOWN_MS)
  count_call(keys, now, attempt_id, call_ms)
  local rest = first + (chosen - 1) * stride + calls
  return { number = chosen, code = candidates[rest], prefix = candidates[rest + 1], digits = candidates[rest + 2] }
end

-- A verification outlives its end by the retention, so that it can still be read.
local function keep_until_retention(key)
  redis.call('PEXPIRE', key, TTL_MS + RETENTION_MS)
end
