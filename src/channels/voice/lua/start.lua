#!lua
--[[
Begins a voice call: leases the caller ID that it shows, or says why not. What is common to all channels, its keys and
first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…10]   see includes/begin.lua
ARGV[11…14]  the code: its hash, that of the next generation, digits, kind
ARGV[15]  call_ms: the call is lost after this time
ARGV[16]  over_ms: it should be over by then
ARGV[17]  most caller IDs that may be in cool-down for this callee
ARGV[18]  cool-down of a caller ID for this callee, ms
ARGV[19…] hashes of caller IDs in random order

Returns   {'begun', choice, 0, public fields…}   {'exists', 0, ended now, public fields…}
          {'ended', 0, ended now, public fields…}   {'limited', which, wait ms}   {'not_found'}
          {'refused', 'all_cooling_down', how many}   {'refused', 'caller_ids_shown', wait ms}
The choice is of two things at once: (which code - 1) × how many caller IDs + which caller ID, each from 1.
]]
--- @include "begin"
--- @include "caller_ids"

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local keys, now, own = delivery.keys, delivery.now, FIRST_OWN + 4
local call_ms, over_ms, most, cooldown_ms =
  tonumber(ARGV[own]), tonumber(ARGV[own + 1]), tonumber(ARGV[own + 2]), tonumber(ARGV[own + 3])
local limit, wait = limit_on(keys, now, 1, keys.starts, true)
if limit then
  return { 'limited', limit, wait }
end
local hashes = {}
for i = own + 4, #ARGV do
  hashes[#hashes + 1] = ARGV[i]
end
local chosen, refusal = take_caller_ids(keys, now, hashes, 1, most, cooldown_ms)
if not chosen then
  return refusal
end
count_call(keys, now, attempt_id(delivery.id, delivery.attempt), call_ms, over_ms)
return begin_delivery(delivery, {
  channel = 'voice', state = 'calling', parts = 1, details = '{}', code = ARGV[FIRST_OWN],
  code_length = ARGV[FIRST_OWN + 2], deadline = now + call_ms,
}, chosen)
