#!lua flags=allow-oom
--[[
Mirrors one app with its keys (hashes) from records, where the revision is greater than the mirror's.

KEYS[1]  {apps}:rows        hash: app → JSON
         {apps}:revisions   hash: app → revision
         {apps}:order       sorted set: app → number of its last change
         {apps}:version     hash: epoch (when the mirror was begun), seq (number of the last change)
ARGV[1]  app   ARGV[2]  revision   ARGV[3]  JSON

Returns  {1 where it changed}
]]
local app, revision = ARGV[1], tonumber(ARGV[2])
if revision <= tonumber(redis.call('HGET', '{apps}:revisions', app) or 0) then
  return { 0 }
end
local time = redis.call('TIME')
redis.call('HSETNX', '{apps}:version', 'epoch', time[1] .. time[2])
local seq = redis.call('HINCRBY', '{apps}:version', 'seq', 1)
redis.call('HSET', KEYS[1], app, ARGV[3])
redis.call('HSET', '{apps}:revisions', app, revision)
redis.call('ZADD', '{apps}:order', seq, app)
return { 1 }
