-- Channel slots on trunks and Asterisks, counted over all gateways. All keys share one hash tag, so that a trunk, its
-- Asterisk and the limits of an app are taken in one step. A part (trunk or Asterisk) has
--   {admission}:<kind>:<name>:turn    string: when the next call may begin, ms
--   {admission}:<kind>:<name>:calls   sorted set: lease id → when the lease ends, ms
--   {admission}:<kind>:<name>:begun:<second>   number: calls scheduled in that second; read by slots_status only

local function time_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end

local function keys_of(kind, name)
  local stem = '{admission}:' .. kind .. ':' .. name
  return { stem = stem, turn_key = stem .. ':turn', calls_key = stem .. ':calls' }
end

-- All fields at once: a table that grows is made anew.
local function part(kind, name, calls_per_second, most_calls)
  local stem = '{admission}:' .. kind .. ':' .. name
  return {
    stem = stem, turn_key = stem .. ':turn', calls_key = stem .. ':calls', interval = 1000 / tonumber(calls_per_second),
    most_calls = tonumber(most_calls), next_turn = false, used = 0,
  }
end

-- The newest second that was written out, and how.
local BEGUN = { 0, '' }

local function begun_key(one, at)
  local second = math.floor(at / 1000)
  if second ~= BEGUN[1] then
    BEGUN[1], BEGUN[2] = second, string.format(':begun:%d', second)
  end
  return one.stem .. BEGUN[2]
end

-- Its name in the hash of what is out of service.
local function label_of(kind, name)
  return kind .. ' ' .. name
end

local function path_at(values, i)
  return {
    trunk = part('trunk', values[i], values[i + 1], values[i + 2]),
    asterisk = part('asterisk', values[i + 3], values[i + 4], values[i + 5]),
  }
end

local function is_in_service(out_key, values, i)
  local out = redis.call('HMGET', out_key, label_of('trunk', values[i]), label_of('asterisk', values[i + 3]))
  return not out[1] and not out[2]
end

-- How many leases a sorted set holds: exactly where there are `enough`; a smaller result may include some that ended because
-- their gateway died.
local function leases_in(key, now, enough)
  local leases = redis.call('ZCARD', key)
  if leases < enough then
    return leases
  end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  return redis.call('ZCARD', key)
end

-- No turn is as far ahead: the longest queue that can be configured is 10 s, and the slowest rate 1 a second.
local LONGEST_AHEAD_MS = 60000

-- A turn as it is kept. One that is too far ahead was written before this server's clock was set back: it is over, instead of
-- closing its trunk for as long.
local function turn_of(kept, now)
  local at = tonumber(kept or 0)
  return at - now <= LONGEST_AHEAD_MS and at or now
end

-- Reads when the next call of two parts may begin.
local function read_turns(one, other, now)
  local turns = redis.call('MGET', one.turn_key, other.turn_key)
  one.next_turn, other.next_turn = turn_of(turns[1], now), turn_of(turns[2], now)
end

-- When the next call may begin. Read once: call it before `set_turn`.
local function turn(one, now)
  one.next_turn = one.next_turn or turn_of(redis.call('GET', one.turn_key), now)
  return math.max(now, one.next_turn)
end

local function set_turn(key, now, at)
  redis.call('SET', key, at, 'PX', at > now and math.ceil(at - now) + 1000 or 1000)
end

-- A set of leases is kept for so much longer than the lease that renews it: a second's calls are reserved within the longest
-- queue, and no lease is as long, so a shorter one never ends a longer one of its set. Bounds what is left when nothing calls any
-- more.
local RENEWED_MS = 3600000

local function lease_in(key, now, lease_id, lease_ms)
  redis.call('ZADD', key, math.ceil(now + lease_ms), lease_id)
  redis.call('PEXPIRE', key, math.ceil(lease_ms) + RENEWED_MS)
end

-- The next time is computed from this part's own: a call that waits for its trunk must not delay the other trunks of
-- the same Asterisk. @param used how many leases it had: 0 where its set is perhaps new
local function occupy(one, now, lease_id, lease_ms, used)
  local own_turn = turn(one, now)
  set_turn(one.turn_key, now, own_turn + one.interval)
  redis.call('ZADD', one.calls_key, math.ceil(now + lease_ms), lease_id)
  local begun = begun_key(one, own_turn)
  local is_first = redis.call('INCR', begun) == 1
  if is_first then
    redis.call('PEXPIRE', begun, math.ceil(own_turn - now) + 4000)
  end
  -- The first call of a second renews the set for those that follow.
  if is_first or used == 0 then
    redis.call('PEXPIRE', one.calls_key, math.ceil(lease_ms) + RENEWED_MS)
  end
end

-- Returns whether the lease existed.
local function vacate(one, now, lease_id, unused)
  local was_there = redis.call('ZREM', one.calls_key, lease_id) == 1
  if was_there and unused and redis.call('EXISTS', one.turn_key) == 1 then
    local given_back = turn(one, now) - one.interval
    set_turn(one.turn_key, now, math.max(now, given_back))
    local begun = begun_key(one, given_back)
    if redis.call('EXISTS', begun) == 1 then
      redis.call('DECR', begun)
    end
  end
  return was_there
end
