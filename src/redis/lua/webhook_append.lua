#!lua
--[[
Queues events for an endpoint. What was queued before, by its position in the outbox, is left out: the relay may send a batch
twice. So is what is of a verification that was erased (webhook_erase.lua). Beyond the bound the oldest events that are not being
delivered become dead letters.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  most events in the queue   ARGV[2]  most dead letters   then for each event: shard ('': none), position, lane, body

Returns  {events queued, events dropped}
]]
--- @include "webhook"
--- @include "time"

-- Positions are ids of a stream: "<ms>-<number>".
local function is_after(position, other)
  local ms, number = string.match(position, '^(%d+)%-(%d+)$')
  local other_ms, other_number = string.match(other, '^(%d+)%-(%d+)$')
  if ms ~= other_ms then
    return tonumber(ms) > tonumber(other_ms)
  end
  return tonumber(number) > tonumber(other_number)
end

-- Returns whether one made room.
local function overflow(queue, most_dead)
  -- Of the oldest a few may be on their way, at most as many as all gateways send at once.
  for _, lane in ipairs(redis.call('ZRANGE', queue.age, 0, 499)) do
    if not is_claimed(queue, lane) then
      bury(queue, lane, 'overflow', most_dead)
      return true
    end
  end
  return false
end

local queue = queue_of(KEYS[1], time_ms(''))
local most, most_dead = tonumber(ARGV[1]), tonumber(ARGV[2])
local added, dropped, queued = 0, 0, number_in(queue, 'queued')
local any_erased = redis.call('EXISTS', queue.erased) == 1
-- By shard: the position before this batch, and the newest one in it. Events of one change have the same.
local before, newest = {}, {}
for i = 3, #ARGV, 4 do
  local shard, position, lane = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if shard ~= '' and before[shard] == nil then
    before[shard] = redis.call('HGET', queue.seen, shard)
  end
  -- A batch is in order: what follows a new one is new.
  if shard == '' or newest[shard] or not before[shard] or is_after(position, before[shard]) then
    if shard ~= '' then
      newest[shard] = position
    end
    if not any_erased or redis.call('SISMEMBER', queue.erased, lane) == 0 then
      local length = redis.call('RPUSH', queue.lane .. lane, string.format('%.0f ', queue.now) .. ARGV[i + 3])
      if length == 1 then
        redis.call('ZADD', queue.lanes, queue.now, lane)
        redis.call('ZADD', queue.age, queue.now, lane)
      end
      added, queued = added + 1, queued + 1
      if queued > most then
        dropped = dropped + 1
        if overflow(queue, most_dead) then
          queued = queued - 1
        end
      end
    end
  end
end
for shard, position in pairs(newest) do
  redis.call('HSET', queue.seen, shard, position)
end
if added > 0 then
  redis.call('HINCRBY', queue.state, 'queued', added)
end
return { added, dropped }
