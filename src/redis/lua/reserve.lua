#!lua
--[[
Reserves an Idempotency-Key for a request, or says which verification the request that has it starts.

KEYS[1]  {i<hash of app and key>}:r
ARGV[1]  fingerprint of the request   ARGV[2]  id of the verification to start   ARGV[3]  TTL, ms

Returns  {'new'}   {'known', id}   {'reused'}
]]
local kept = redis.call('HMGET', KEYS[1], 'fingerprint', 'id')
if not kept[1] then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'id', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { 'new' }
end
if kept[1] ~= ARGV[1] then
  return { 'reused' }
end
return { 'known', kept[2] }
