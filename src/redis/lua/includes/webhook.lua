-- The queue of one webhook endpoint; all keys share its hash tag:
--   {w<endpoint>}:lanes     sorted set: lane → when its first event is due, ms; of a claimed one when the claim ends
--   {w<endpoint>}:age       sorted set: lane → when its first event was queued, ms
--   {w<endpoint>}:l:<lane>  list: "<queued at, ms> <body>", in the order of the lane
--   {w<endpoint>}:tries     hash: lane → failed tries of its first event
--   {w<endpoint>}:claims    hash: lane → token of its claim
--   {w<endpoint>}:state     hash: queued, dropped, failing_since, opened, open_until, probe_until
--   {w<endpoint>}:failed    set: some lanes that failed since the last delivery
--   {w<endpoint>}:seen      hash: shard of the outbox → position of the last event that was queued from it
--   {w<endpoint>}:dead      list: "<ended at, ms> <reason> <tries> <queued at, ms> <body>", until records have it
--   {w<endpoint>}:log       stream: the newest tries
--   {w<endpoint>}:erased    set: verifications that were erased within the hour (webhook_erase.lua)

local function queue_of(lanes_key, now)
  local stem = string.sub(lanes_key, 1, -6)
  return {
    now = now, lanes = lanes_key, age = stem .. 'age', lane = stem .. 'l:', tries = stem .. 'tries',
    claims = stem .. 'claims', state = stem .. 'state', failed = stem .. 'failed', seen = stem .. 'seen',
    dead = stem .. 'dead', log = stem .. 'log', erased = stem .. 'erased',
  }
end

local function queued_at(entry)
  return tonumber(string.match(entry, '^%d+'))
end

local function number_in(queue, field)
  return tonumber(redis.call('HGET', queue.state, field) or 0)
end

-- A claim of a gateway that died ends by time.
local function is_claimed(queue, lane)
  return redis.call('HEXISTS', queue.claims, lane) == 1
    and tonumber(redis.call('ZSCORE', queue.lanes, lane) or 0) > queue.now
end

-- After the first event of a lane was taken off: the next one is due at once.
local function follow(queue, lane)
  redis.call('HDEL', queue.tries, lane)
  redis.call('HDEL', queue.claims, lane)
  redis.call('HINCRBY', queue.state, 'queued', -1)
  local head = redis.call('LINDEX', queue.lane .. lane, 0)
  if head then
    redis.call('ZADD', queue.lanes, queue.now, lane)
    redis.call('ZADD', queue.age, queued_at(head), lane)
  else
    redis.call('ZREM', queue.lanes, lane)
    redis.call('ZREM', queue.age, lane)
  end
end

-- Removes a lane without a trace. Returns how many events it had.
local function drop(queue, lane)
  local length = redis.call('LLEN', queue.lane .. lane)
  if length > 0 then
    redis.call('HINCRBY', queue.state, 'queued', -length)
  end
  redis.call('DEL', queue.lane .. lane)
  redis.call('HDEL', queue.tries, lane)
  redis.call('HDEL', queue.claims, lane)
  redis.call('ZREM', queue.lanes, lane)
  redis.call('ZREM', queue.age, lane)
  return length
end

-- The verification that a dead letter is of; nil: of none. Within its texts quotes are escaped.
local function verification_of(letter)
  return string.match(letter, '"verification":"([^"]+)"')
end

-- The first event of a lane becomes a dead letter. `most` bounds those that wait for records: the oldest are dropped.
local function bury(queue, lane, reason, most)
  local entry = redis.call('LPOP', queue.lane .. lane)
  if not entry then
    redis.call('ZREM', queue.lanes, lane)
    redis.call('ZREM', queue.age, lane)
    return
  end
  local tries = redis.call('HGET', queue.tries, lane) or '0'
  redis.call('RPUSH', queue.dead, string.format('%.0f', queue.now) .. ' ' .. reason .. ' ' .. tries .. ' ' .. entry)
  if redis.call('LLEN', queue.dead) > most then
    redis.call('LPOP', queue.dead)
    redis.call('HINCRBY', queue.state, 'dropped', 1)
  end
  follow(queue, lane)
end
