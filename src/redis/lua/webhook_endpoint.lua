#!lua flags=allow-oom
--[[
Mirrors one endpoint from records, or removes it.

KEYS[1]  {webhooks}:endpoints   hash: endpoint → "<revision> <JSON>"; its URL and secrets are sealed
         {webhooks}:version     changes with each change
         {webhooks}:due         (webhook_due.lua)
ARGV[1]  endpoint   ARGV[2]  revision ('': remove it)   ARGV[3]  JSON

Returns  {1 where it changed}
]]
local endpoints, id, revision = KEYS[1], ARGV[1], ARGV[2]
local before = redis.call('HGET', endpoints, id)
if revision == '' then
  if not before then
    return { 0 }
  end
  redis.call('HDEL', endpoints, id)
  -- Due now, and for the last time: whoever looks finds it deleted and clears its queue, though who removed it died.
  redis.call('ZADD', '{webhooks}:due', 0, id)
elseif before and tonumber(string.match(before, '^%d+')) >= tonumber(revision) then
  return { 0 }
else
  redis.call('HSET', endpoints, id, revision .. ' ' .. ARGV[3])
  if not before then
    -- Where Redis lost the mirror it lost with it when its queue is due.
    redis.call('ZADD', '{webhooks}:due', 'LT', 0, id)
  end
end
local time = redis.call('TIME')
redis.call('SET', '{webhooks}:version', time[1] .. '.' .. time[2])
return { 1 }
