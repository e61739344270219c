#!lua
--[[
Takes a caller ID for a call to a callee that is not the verification's own, before the delivery begins: what was shown to that
one lies in its own slot. Gives it back where the delivery did not begin.

KEYS[1]  {s<shard>}:c:<hash of the callee>:shown
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app   ARGV[3]  hash of the callee   ARGV[4]  'take' or 'back'
ARGV[5]  most caller IDs that may be in cool-down for this callee
ARGV[6]  cool-down of a caller ID for this callee, ms
ARGV[7…] of 'take' hashes of caller IDs in random order, of 'back' the one that was taken

Returns  {'taken', which (1 = first)}   {'refused', 'all_cooling_down', how many}   {'refused', 'caller_ids_shown', wait ms}
]]
--- @include "time"
--- @include "caller_ids"

if ARGV[4] == 'back' then
  redis.call('ZREM', KEYS[1], ARGV[7])
  return { 'taken', 1 }
end
local chosen, refusal = take_caller_ids(callee_keys(KEYS[1], ARGV[3], ARGV[2]), time_ms(ARGV[1]), { unpack(ARGV, 7) }, 1,
  tonumber(ARGV[5]), tonumber(ARGV[6]))
return chosen and { 'taken', chosen } or refusal
