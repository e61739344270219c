#!lua
--[[
Begins the flight of a pigeon. What is common to all channels, its keys and first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13]  hash of the code   ARGV[14]  its digits   ARGV[15]  details (JSON)   ARGV[16]  ms after which the pigeon is lost

Returns   {'begun', 0, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'ended', 0, ended now, public fields…}   {'limited', which, wait ms}   {'not_found'}
]]
--- @include "begin"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local limit, wait = message_limit(delivery, 'carrier_pigeon')
if limit then
  return { 'limited', limit, wait }
end
count_message(delivery, 'carrier_pigeon')
return begin_delivery(delivery, {
  state = 'flying', parts = 1, details = ARGV[FIRST_OWN + 2], code = ARGV[FIRST_OWN],
  code_length = ARGV[FIRST_OWN + 1], deadline = delivery.now + tonumber(ARGV[FIRST_OWN + 3]),
}, 0)
