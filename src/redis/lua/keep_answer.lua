#!lua flags=allow-oom
--[[
Keeps the answer to a request with an Idempotency-Key. The first answer stands: two requests that ran side by side
both give it.

KEYS[1]  {i<hash of app and key>}:r
ARGV[1]  fingerprint of the request   ARGV[2]  id of the verification   ARGV[3]  answer   ARGV[4]  TTL, ms

Returns  the answer that stands
]]
local kept = redis.call('HMGET', KEYS[1], 'id', 'answer')
if kept[1] and kept[1] ~= ARGV[2] then
  -- Released by a twin that was refused, then reserved anew: that one keeps its own answer.
  return ARGV[3]
end
if kept[2] then
  return kept[2]
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'id', ARGV[2], 'answer', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return ARGV[3]
