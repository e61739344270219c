#!lua flags=allow-oom
--[[
Puts a trunk or an Asterisk back in service: an operator ends any outage, a program only its own.

KEYS[1]  {admission}:out
ARGV[1]  "trunk <name>" or "asterisk <name>"      ARGV[2]  operator | canary

Returns  {the outage that ended, as JSON}   {''}: nothing changed
]]

local before = redis.call('HGET', KEYS[1], ARGV[1])
if not before or (ARGV[2] ~= 'operator' and cjson.decode(before).by ~= ARGV[2]) then
  return { '' }
end
redis.call('HDEL', KEYS[1], ARGV[1])
return { before }
