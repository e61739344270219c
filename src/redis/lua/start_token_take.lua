#!lua
--[[
Uses a start token, once.

KEYS[1]  {t<hash of the token's id>}:u   hash, with a TTL: by (the request that used it), ok (1: it may start), n (uses so far),
                                         begun (the request and its repetitions that may have begun something)
ARGV[1]  the request   ARGV[2]  TTL, ms   ARGV[3]  uses at most   ARGV[4]  1 where it may start without a further check, else 0

Returns  {'taken'}   {'repeated'}   {'busy'}   {'used'}
]]
local by, ok, uses = unpack(redis.call('HMGET', KEYS[1], 'by', 'ok', 'n'))
if by then
  if by ~= ARGV[1] then
    return { 'used' }
  end
  if ok ~= '1' then
    return { 'busy' }
  end
  redis.call('HINCRBY', KEYS[1], 'begun', 1)
  return { 'repeated' }
end
if tonumber(uses or 0) >= tonumber(ARGV[3]) then
  return { 'used' }
end
redis.call('HSET', KEYS[1], 'by', ARGV[1], 'ok', ARGV[4], 'begun', 1)
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { 'taken' }
