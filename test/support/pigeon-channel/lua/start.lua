#!lua
--[[
Begins the flight of a pigeon. What is common to all channels, its keys and first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…10]   see includes/begin.lua
ARGV[11]  hash of the code   ARGV[12]  its digits   ARGV[13]  details (JSON)   ARGV[14]  ms after which the pigeon is lost

Returns   {'begun', 0, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'ended', 0, ended now, public fields…}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "begin"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local keys = delivery.keys
local starts = keys.stem .. ':starts_pigeon'
local limit, wait = limit_on(keys, delivery.now, 1, starts, true)
if limit then
  return { 'limited', limit, wait }
end
count_start(keys, starts, delivery.now, attempt_id(delivery.id, delivery.attempt))
return begin_delivery(delivery, {
  channel = 'carrier_pigeon', state = 'flying', parts = 1, details = ARGV[FIRST_OWN + 2], code = ARGV[FIRST_OWN],
  code_length = ARGV[FIRST_OWN + 1], deadline = delivery.now + tonumber(ARGV[FIRST_OWN + 3]),
}, 0)
