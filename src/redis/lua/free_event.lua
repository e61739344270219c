#!lua flags=allow-oom
--[[
An event that belongs to no verification, for the relay.

KEYS[1]  {s<shard>}:outbox
ARGV[1]  its id   ARGV[2]  app, or ''   ARGV[3]  type   ARGV[4]  data (JSON)   ARGV[5]  most entries   ARGV[6]  kept for, ms

Returns  {when, ms}
]]

local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], '*', 'e', ARGV[1], 'a', ARGV[2], 't', ARGV[3], 'v', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return { tonumber(string.match(id, '^%d+')) }
