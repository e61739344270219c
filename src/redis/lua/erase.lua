#!lua flags=allow-oom
--[[
Erases a verification that has ended. A mark stays, so that a repeated request with its Idempotency-Key does not begin it again.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  how long the mark stays, ms   ARGV[2]  '', or now in ms (tests)   ARGV[3]  1: also while its delivery goes on

Returns  {'erased'}   {'gone'}: there is none   {'open', app}: it has not ended
         {'live', ms until its delivery counts as lost}: its call is not over yet
]]
--- @include "record"

local record = load(KEYS[1], nil)
if not record then
  return { 'gone' }
end
if not TERMINAL[record.status] then
  return { 'open', record.app }
end
-- One of a newer gateway's channel is taken for over: this one does not know.
local rings = CHANNELS[record.channel] and channel_rules(record.channel).busy[record.state]
if ARGV[3] ~= '1' and rings and record.deadline ~= '' and record.delivery_ended_at == '' then
  local left = tonumber(record.deadline) - time_ms(ARGV[2])
  if left > 0 then
    return { 'live', left }
  end
end
local id = string.match(KEYS[1], ':v:(.+)$')
redis.call('DEL', KEYS[1])
redis.call('ZREM', due_key(KEYS[1]), id)
redis.call('SREM', open_key(KEYS[1], record.callee, record.app), id)
redis.call('SET', KEYS[1] .. ':erased', '1', 'PX', ARGV[1])
return { 'erased' }
