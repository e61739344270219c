#!lua flags=allow-oom
--[[
Takes a trunk or an Asterisk out of service: from now on reserve_slot reserves no slot there. Calls that have one go on.

KEYS[1]  {admission}:out
ARGV[1]  "trunk <name>" or "asterisk <name>"      ARGV[2]  operator | canary
ARGV[3]  the outage as JSON, with ARGV[2] as `by`

Returns  {the outage that holds now, the one that was there or ''}, as JSON: it stays, unless an operator takes over from a
         program
]]

local before = redis.call('HGET', KEYS[1], ARGV[1])
if before and (ARGV[2] ~= 'operator' or cjson.decode(before).by == 'operator') then
  return { before, before }
end
-- No TTL: it holds until it is ended explicitly.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return { ARGV[3], before or '' }
