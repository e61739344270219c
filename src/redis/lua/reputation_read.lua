#!lua flags=no-writes
--[[
Which candidates may be shown now, how many caller IDs of their ranges are unavailable, and which.

KEYS[1]  {reputation}, the stem of all keys of caller-ID reputation; see reputation_update.lua
ARGV[1]  '', or now in ms (tests)   ARGV[2]  how many ranges follow   ARGV[3…]  their names
then     candidates, two values each: number of its range (1 = first), hash of the caller ID

Returns  {how many caller IDs are unavailable, for each range…, 1|0 available, for each candidate…,
          {hashes of those that are unavailable} or nothing where there are too many, for each range…}
]]
--- @include "time"

-- At most this many are listed, about 25 KB: it takes Redis a small part of a millisecond.
local MOST_LISTED = 1000
local now, ranges = time_ms(ARGV[1]), tonumber(ARGV[2])
local first = 3 + ranges
local answer = {}

local function unavailable_key(range)
  return KEYS[1] .. ':unavailable:' .. ARGV[2 + range]
end

for range = 1, ranges do
  answer[range] = redis.call('ZCOUNT', unavailable_key(range), '(' .. now, '+inf')
end
for i = first, #ARGV, 2 do
  local unavailable_until = redis.call('ZSCORE', unavailable_key(tonumber(ARGV[i])), ARGV[i + 1])
  answer[#answer + 1] = (unavailable_until and tonumber(unavailable_until) > now) and 0 or 1
end
for range = 1, ranges do
  answer[#answer + 1] = answer[range] <= MOST_LISTED
    and redis.call('ZRANGEBYSCORE', unavailable_key(range), '(' .. now, '+inf')
end
return answer
