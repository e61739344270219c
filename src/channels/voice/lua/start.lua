#!lua
--[[
Begins a voice call: leases the caller ID that it shows, or says why not. What is common to all channels, its keys and
first arguments: includes/begin.lua. Whether the code is the one that was sent before is decided there (pick_code).

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13…16]  the code: see pick_code
ARGV[17]  call_ms: the call is lost after this time
ARGV[18]  over_ms: it should be over by then
ARGV[19]  most caller IDs that may be in cool-down for this callee
ARGV[20]  cool-down of a caller ID for this callee, ms
ARGV[21]  details (JSON)
ARGV[22…] hashes of caller IDs in random order; none for another recipient than the verification's own: see show.lua

Returns   {'begun', choice, 0, public fields}   {'exists', 0, ended now, public fields}
          {'ended', 0, ended now, public fields}   {'limited', which, wait ms}   {'not_found'}   {'stale'}   {'code_too_old'}
          {'refused', 'all_cooling_down', how many}   {'refused', 'caller_ids_shown', wait ms}
The choice is of two things at once: (which code - 1) × how many caller IDs + which caller ID, each from 1.
]]
--- @include "begin"
--- @include "caller_ids"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local own = FIRST_OWN + 4
local call_ms, over_ms, most, cooldown_ms =
  tonumber(ARGV[own]), tonumber(ARGV[own + 1]), tonumber(ARGV[own + 2]), tonumber(ARGV[own + 3])
local limit, wait = call_limit(delivery, 'voice', 1)
if limit then
  return { 'limited', limit, wait }
end
local code, which = pick_code(delivery, FIRST_OWN)
if not code then
  return which
end
local hashes = {}
for i = own + 5, #ARGV do
  hashes[#hashes + 1] = ARGV[i]
end
local chosen, refusal = 1, nil
if not delivery.elsewhere then
  chosen, refusal = take_caller_ids(delivery.keys, delivery.now, hashes, 1, most, cooldown_ms)
end
if not chosen then
  return refusal
end
count_ringing(delivery, 'voice', call_ms, over_ms)
return begin_delivery(delivery, {
  state = 'calling', parts = 1, details = ARGV[own + 4], code = code, deadline = delivery.now + call_ms,
}, (which - 1) * math.max(1, #hashes) + chosen)
