#!lua flags=allow-oom
--[[
Handles the due items of one shard: verifications whose lifetime is over, deliveries whose end was never reported, steps
of workflows. Any gateway does it for all; a step is leased to the one that gets it.

KEYS[1]  {s<shard>}:due     sorted set: verification id → when it is due, ms
ARGV[1]  '', or now in ms (tests)   ARGV[2]  largest number to look at   ARGV[3]  1: steps too
ARGV[4]  how many of the first are passed over: those that an earlier run left due

Returns  {how many were looked at, how many of them are due still: steps that this gateway does not take, and what another
         version knows, then for each that this script ended: its id and its reply {'seen', 0, 1, public fields},
         for each whose next step is to begin: its id and {'step', number of the step, 0, public fields}}
]]
--- @include "record"

local now, stem = time_ms(ARGV[1]), string.match(KEYS[1], '^{s%d+}:')
local ids = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', tonumber(ARGV[4]), tonumber(ARGV[2]))
local left, reply = 0, { #ids, 0 }
for _, id in ipairs(ids) do
  local key = stem .. 'v:' .. id
  local record = load(key, nil, true)
  if not record then
    redis.call('ZREM', KEYS[1], id)
  elseif not CHANNELS[record.channel] then
    -- What has a channel of a newer gateway is left to that: an error here would lose the ends before it.
    left = left + 1
  else
    settle(record, now)
    local step = ARGV[3] == '1' and record.plan ~= '' and lease_step(record, now) or nil
    record.reschedule = true
    if #record.changes == 0 then
      schedule(record)
    end
    save(record)
    if record.ended_now then
      reply[#reply + 1] = id
      reply[#reply + 1] = answer(record, 'seen', 0)
    elseif step then
      reply[#reply + 1] = id
      reply[#reply + 1] = answer(record, 'step', step)
    elseif (next_due(record) or math.huge) <= now then
      left = left + 1
    end
  end
end
reply[2] = left
return reply
