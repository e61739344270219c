#!lua
--[[
Reserves an Idempotency-Key for a request, or returns the verification of the request that already has it.

KEYS[1]  {i<hash of app and key>}:r   hash, with a TTL: fingerprint, id, at, repeated (1: by a second request)
ARGV[1]  fingerprint of the request   ARGV[2]  id of the verification to start   ARGV[3]  TTL, ms
ARGV[4]  '', or now in ms (tests)

Returns  {'new'}   {'known', id, 1 where the verification may have been started and be kept no more, else 0}   {'reused'}
]]
--- @include "tables"
--- @include "time"

local now = time_ms(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'fingerprint', 'id', 'at')
if not kept[1] then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'id', ARGV[2], 'at', now)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { 'new' }
end
if kept[1] ~= ARGV[1] then
  return { 'reused' }
end
redis.call('HSET', KEYS[1], 'repeated', 1)
return { 'known', kept[2], now - tonumber(kept[3]) >= TTL_MS + RETENTION_MS and 1 or 0 }
