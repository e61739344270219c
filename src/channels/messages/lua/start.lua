#!lua
--[[
Begins a message, or says why not; the start script of every message channel. What is common to all channels, its keys and
first arguments: includes/begin.lua. Whether the code is the one that was sent before is decided there (pick_code).

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]    see includes/begin.lua; ARGV[11] is the channel
ARGV[13…16]   the code: see pick_code
ARGV[17]  details (JSON object)
ARGV[18]  ms: a message without a report by then is lost

Returns   {'begun', which code, 0, public fields}   {'exists', 0, ended now, public fields}
          {'ended', 0, ended now, public fields}   {'limited', which, wait ms}   {'not_found'}   {'stale'}   {'code_too_old'}
]]
--- @include "begin"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local limit, wait = message_limit(delivery, ARGV[11])
if limit then
  return { 'limited', limit, wait }
end
local code, choice = pick_code(delivery, FIRST_OWN)
if not code then
  return choice
end
count_message(delivery, ARGV[11])
-- The gateway needs it for the text: how long the code is accepted is decided here.
local details = string.format('%s,"until":%.0f}', string.sub(ARGV[FIRST_OWN + 4], 1, -2), code.u)
return begin_delivery(delivery, {
  state = 'queued', parts = 1, details = details, code = code, deadline = delivery.now + tonumber(ARGV[FIRST_OWN + 5]),
}, choice)
