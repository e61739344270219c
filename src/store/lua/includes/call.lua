-- May this callee be called now, and which caller ID does it get? Needs "callee".

local HOUR_MS = 3600000

-- The limit that holds longest, and for how long; nil where none stands against a call.
local function limit_on(keys, now)
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
  consider(wait_for_room(keys.starts, now, HOUR_MS, starts, STARTS_PER_CALLEE_PER_HOUR), 'hourly_starts')
  if starts > 0 then
    consider(time_at(keys.starts, starts - 1) + START_GAP_MS - now, 'gap')
  end
  return name, longest
end

-- Takes the first candidate that does not rest for this callee and leases it: it is counted, shown and live from now
-- on, and each of that ends by itself. `candidates` is ARGV, from `first` on: caller ID hash, code hash, prefix, digits.
-- Returns the candidate's number (1 = first), or nil and the refusal.
local function lease(keys, now, attempt_id, call_ms, most_resting, candidates, first)
  local limit, wait = limit_on(keys, now)
  if limit then
    return nil, { 'limited', limit, wait }
  end

  local resting = count_within(keys.shown, now, 0)
  if resting > most_resting then
    return nil, { 'capacity', time_at(keys.shown, resting - most_resting - 1) - now }
  end

  local hashes = {}
  for i = first, #candidates, 4 do
    hashes[#hashes + 1] = candidates[i]
  end
  local rests = redis.call('ZMSCORE', keys.shown, unpack(hashes))
  local chosen
  for i = 1, #hashes do
    if not rests[i] then
      chosen = i
      break
    end
  end
  if not chosen then
    return nil, { 'all_resting', resting }
  end

  redis.call('ZADD', keys.shown, now + CALLER_ID_REST_MS, hashes[chosen])
  redis.call('PEXPIRE', keys.shown, CALLER_ID_REST_MS)
  redis.call('ZADD', keys.starts, now, attempt_id)
  redis.call('PEXPIRE', keys.starts, HOUR_MS)
  redis.call('SET', keys.live, attempt_id .. ' ' .. (now + call_ms), 'PX', call_ms)
  return chosen
end

-- A verification outlives its end by the retention, so that it can still be read.
local function keep_until_retention(key)
  redis.call('PEXPIRE', key, TTL_MS + RETENTION_MS)
end
