#!lua flags=allow-oom
--[[
Settles tries that ended and claims events that are due, of one endpoint, in one step. Of each lane the first event alone is
claimed, so their order holds. After `threshold` different lanes failed without a delivery between them the circuit opens:
nothing is claimed until it ends, then one event alone, until that one is delivered.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  token of these claims   ARGV[2]  most claims   ARGV[3]  length of a claim, ms   ARGV[4]  longest that an event is tried, ms
ARGV[5]  most dead letters   ARGV[6]  tries kept in the log   ARGV[7]  threshold   ARGV[8], ARGV[9]  first and longest time that the
         circuit stays open, ms, jitter included
then for each try: lane, token, 'delivered' | 'retry' | 'give_up', delay until the next one in ms, entry of the log

Returns  {ms until something is due (-1: nothing is queued), queued, dead letters, failing since ms ago (-1: it is not),
          1 where the circuit is open, dropped since the last time, then for each claim: lane, tries before, queued ms ago, body}
]]
--- @include "webhook"
--- @include "time"

-- How many events that are too old, because the circuit was open, end in one run.
local MOST_EXPIRED = 50
-- The last try is made at the end; a gateway that makes it has this long.
local EXPIRY_GRACE_MS = 3600000

local function open_circuit(queue, lane)
  if redis.call('SCARD', queue.failed) < tonumber(ARGV[7]) then
    redis.call('SADD', queue.failed, lane)
    if redis.call('SCARD', queue.failed) < tonumber(ARGV[7]) then
      return
    end
  end
  -- What was on its way when it opened says nothing new.
  if number_in(queue, 'open_until') > queue.now then
    return
  end
  local opened = redis.call('HINCRBY', queue.state, 'opened', 1)
  local open_ms = math.min(tonumber(ARGV[9]), tonumber(ARGV[8]) * 2 ^ math.min(opened - 1, 20))
  redis.call('HSET', queue.state, 'open_until', string.format('%.0f', queue.now + open_ms))
  redis.call('HDEL', queue.state, 'probe_until')
end

local function settle(queue, lane, outcome, delay)
  if outcome == 'delivered' then
    redis.call('LPOP', queue.lane .. lane)
    if queue.failing then
      queue.failing = false
      redis.call('DEL', queue.failed)
      redis.call('HDEL', queue.state, 'failing_since', 'opened', 'open_until', 'probe_until')
    end
    follow(queue, lane)
    return
  end
  queue.failing = true
  redis.call('HINCRBY', queue.tries, lane, 1)
  redis.call('HSETNX', queue.state, 'failing_since', string.format('%.0f', queue.now))
  local head = redis.call('LINDEX', queue.lane .. lane, 0)
  local last_at = queued_at(head or '0') + tonumber(ARGV[4])
  if outcome == 'give_up' or last_at <= queue.now then
    bury(queue, lane, outcome == 'give_up' and 'gone' or 'expired', tonumber(ARGV[5]))
  else
    redis.call('HDEL', queue.claims, lane)
    redis.call('ZADD', queue.lanes, math.min(queue.now + delay, last_at), lane)
  end
  open_circuit(queue, lane)
end

local function claim(queue, lane, reply)
  local entry = redis.call('LINDEX', queue.lane .. lane, 0)
  if not entry then
    redis.call('ZREM', queue.lanes, lane)
    redis.call('ZREM', queue.age, lane)
    return
  end
  redis.call('ZADD', queue.lanes, queue.now + tonumber(ARGV[3]), lane)
  redis.call('HSET', queue.claims, lane, ARGV[1])
  local at, body = string.match(entry, '^(%d+) (.*)$')
  reply[#reply + 1] = lane
  reply[#reply + 1] = tonumber(redis.call('HGET', queue.tries, lane) or 0)
  reply[#reply + 1] = math.max(0, queue.now - tonumber(at))
  reply[#reply + 1] = body
end

local queue = queue_of(KEYS[1], time_ms(''))
-- Whether there is something that a delivery ends: what failed has this field.
queue.failing = #ARGV > 9 and redis.call('HEXISTS', queue.state, 'failing_since') == 1
for i = 10, #ARGV, 5 do
  local lane = ARGV[i]
  if ARGV[i + 4] ~= '' then
    redis.call('XADD', queue.log, 'MAXLEN', '~', ARGV[6], '*', 'try', ARGV[i + 4])
  end
  -- A claim that ended by time and was given to another gateway is that one's.
  if redis.call('HGET', queue.claims, lane) == ARGV[i + 1] then
    settle(queue, lane, ARGV[i + 2], tonumber(ARGV[i + 3]))
  end
end

local too_old = queue.now - tonumber(ARGV[4]) - EXPIRY_GRACE_MS
local expired = redis.call('ZRANGEBYSCORE', queue.age, '-inf', too_old, 'LIMIT', 0, MOST_EXPIRED)
for _, lane in ipairs(expired) do
  if not is_claimed(queue, lane) then
    bury(queue, lane, 'expired', tonumber(ARGV[5]))
  end
end

local most, wait_until, is_open = tonumber(ARGV[2]), 0, 0
local open_until = number_in(queue, 'open_until')
if open_until > 0 then
  is_open = 1
  wait_until = math.max(open_until, number_in(queue, 'probe_until'))
  most = wait_until > queue.now and 0 or math.min(most, 1)
end
local reply = { -1, 0, 0, -1, is_open, 0 }
if most > 0 then
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', queue.lanes, '-inf', queue.now, 'LIMIT', 0, most)) do
    claim(queue, lane, reply)
  end
  if is_open == 1 and #reply > 6 then
    wait_until = queue.now + tonumber(ARGV[3])
    redis.call('HSET', queue.state, 'probe_until', string.format('%.0f', wait_until))
  end
end

local first = redis.call('ZRANGE', queue.lanes, 0, 0, 'WITHSCORES')
if first[2] then
  reply[1] = math.max(0, tonumber(first[2]) - queue.now, wait_until - queue.now)
  if #expired == MOST_EXPIRED then
    reply[1] = 0
  end
end
reply[2], reply[3] = number_in(queue, 'queued'), redis.call('LLEN', queue.dead)
local failing_since = number_in(queue, 'failing_since')
if failing_since > 0 then
  reply[4] = queue.now - failing_since
end
reply[6] = number_in(queue, 'dropped')
if reply[6] > 0 then
  redis.call('HDEL', queue.state, 'dropped')
end
return reply
