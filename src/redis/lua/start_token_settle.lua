#!lua flags=allow-oom
--[[
What became of a use of a start token.

KEYS[1]  as in start_token_take.lua
ARGV[1]  the request   ARGV[2]  'allow': what was to be checked has passed   'give_back': it was refused and began nothing

Returns  1 where it was this request's, else 0
]]
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[1] then
  return 0
end
if ARGV[2] == 'allow' then
  redis.call('HSET', KEYS[1], 'ok', 1)
elseif redis.call('HINCRBY', KEYS[1], 'begun', -1) <= 0 then
  redis.call('HDEL', KEYS[1], 'by', 'ok', 'begun')
end
return 1
