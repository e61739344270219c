#!lua
--[[
Which endpoints have something due. An endpoint that is taken is put off for a moment, so that it is looked at again where
its gateway dies; afterwards its gateway says when it is due, which counts unless something was queued meanwhile.

KEYS[1]  {webhooks}:due       sorted set: endpoint → when it is due, ms
         {webhooks}:version   changes with each change of an endpoint (webhook_endpoint.lua)
ARGV[1]  most endpoints to take   ARGV[2]  how long they are put off, ms
then for each endpoint whose time changes: endpoint, ms until it is due ('': nothing is queued), score that it was taken with
         ('': it was not; it is brought forward only)

Returns  {version, ms until the next one is due (-1: none), then for each taken: endpoint, score}
]]
--- @include "time"

local due, now = KEYS[1], time_ms('')
for i = 3, #ARGV, 3 do
  local endpoint, due_ms, taken = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if taken == '' then
    redis.call('ZADD', due, 'LT', now + tonumber(due_ms), endpoint)
  elseif tonumber(redis.call('ZSCORE', due, endpoint) or 0) == tonumber(taken) then
    if due_ms == '' then
      redis.call('ZREM', due, endpoint)
    else
      redis.call('ZADD', due, now + tonumber(due_ms), endpoint)
    end
  end
end
local reply = { redis.call('GET', '{webhooks}:version') or '', -1 }
if tonumber(ARGV[1]) > 0 then
  -- A half, so that no other time is equal to it.
  local score = string.format('%.1f', math.floor(now + tonumber(ARGV[2])) + 0.5)
  for _, endpoint in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, ARGV[1])) do
    redis.call('ZADD', due, score, endpoint)
    reply[#reply + 1] = endpoint
    reply[#reply + 1] = score
  end
end
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if first[2] then
  reply[2] = math.max(0, math.floor(tonumber(first[2]) - now))
end
return reply
