#!lua
--[[
Begins a missed call: leases the caller IDs of its calls, or says why not. What is common to all channels, its keys and
first arguments: includes/begin.lua.

KEYS[1]   {s<shard>}:v:<id>
ARGV[1…12]   see includes/begin.lua
ARGV[13]  calls
ARGV[14]  call_ms: the first call is lost after this time
ARGV[15]  most caller IDs that may be in cool-down for this callee
ARGV[16]  cool-down of a caller ID for this callee, ms
ARGV[17]  over_ms: the first call should be over by then
ARGV[18]  odds of one guess at the code
ARGV[19]  'own', or 'app': the app gave the code
ARGV[20…] candidates in random order: a caller ID hash for each call, code hash, digits, details (JSON)

Returns   {'begun', candidate, 0, public fields}   {'exists', 0, ended now, public fields}
          {'ended', 0, ended now, public fields}   {'limited', which, wait ms}   {'not_found'}
          {'refused', 'all_cooling_down', how many}   {'refused', 'caller_ids_shown', wait ms}   {'code_too_old'}
]]
--- @include "begin"
--- @include "caller_ids"

-- Takes the first candidate of whose caller IDs none is in cool-down for this callee and leases them: from now on they
-- count as shown and the first call as counted and live; each of these entries expires by itself.
-- Candidates are ARGV from `first` on:
-- so many caller ID hashes as there are calls, then code hash, digits, details.
-- Returns the candidate { number (1 = first), code, digits, details }, or nil and the refusal.
local function lease(delivery, calls, call_ms, over_ms, max_cooling_down, cooldown_ms, first)
  local keys, now = delivery.keys, delivery.now
  local limit, wait = call_limit(delivery, 'missed_call', calls)
  if limit then
    return nil, { 'limited', limit, wait }
  end

  local stride = calls + 3
  local hashes = {}
  for i = first, #ARGV, stride do
    for call = 0, calls - 1 do
      hashes[#hashes + 1] = ARGV[i + call]
    end
  end
  local chosen, refusal = take_caller_ids(keys, now, hashes, calls, max_cooling_down, cooldown_ms)
  if not chosen then
    return nil, refusal
  end
  count_ringing(delivery, 'missed_call', call_ms, over_ms)
  local rest = first + (chosen - 1) * stride + calls
  return { number = chosen, code = ARGV[rest], digits = ARGV[rest + 1], details = ARGV[rest + 2] }
end

local delivery, no_delivery = open_delivery()
if not delivery then
  return no_delivery
end
local calls, call_ms = tonumber(ARGV[FIRST_OWN]), tonumber(ARGV[FIRST_OWN + 1])
local ends, too_old
if ARGV[FIRST_OWN + 6] == 'app' then
  ends, too_old = app_code_until(delivery)
end
if too_old then
  return too_old
end
local chosen, refusal = lease(delivery, calls, call_ms, tonumber(ARGV[FIRST_OWN + 4]),
  tonumber(ARGV[FIRST_OWN + 2]), tonumber(ARGV[FIRST_OWN + 3]), FIRST_OWN + 7)
if not chosen then
  return refusal
end
return begin_delivery(delivery, {
  state = 'calling', parts = calls, details = chosen.details, code = chosen.code, code_length = chosen.digits,
  odds = ARGV[FIRST_OWN + 5], source = ARGV[FIRST_OWN + 6], ends = ends, deadline = delivery.now + call_ms,
}, chosen.number)
