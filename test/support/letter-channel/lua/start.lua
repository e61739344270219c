#!lua
--[[
Begins a letter. What is common to all channels, its keys and first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13…16] the code, see pick_code   ARGV[17] details (JSON)   ARGV[18] ms after which the letter is lost

Returns   {'begun', which generation, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'ended', 0, ended now, public fields…}   {'limited', which, wait ms}   {'not_found'}   {'stale'}
]]
--- @include "begin"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local code, choice = pick_code(delivery, FIRST_OWN)
if not code then
  return choice
end
local limit, wait = message_limit(delivery, ARGV[11])
if limit then
  return { 'limited', limit, wait }
end
count_message(delivery, ARGV[11])
return begin_delivery(delivery, {
  state = 'queued', parts = 1, details = ARGV[FIRST_OWN + 4], code = code,
  deadline = delivery.now + tonumber(ARGV[FIRST_OWN + 5]),
}, choice)
