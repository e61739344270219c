#!lua
--[[
Redeems the signed result of a verification, once.

KEYS[1]  {p<verification>}:redeemed
ARGV[1]  hash of the request's Idempotency-Key, '' for none   ARGV[2]  how long it is remembered, ms

Returns  {1 for the first time, or a repetition of the same request; else 0}
]]
local before = redis.call('GET', KEYS[1])
if before then
  return { before ~= '' and before == ARGV[1] and 1 or 0 }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 1 }
