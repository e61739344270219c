#!lua flags=no-writes
--[[
Which of a few caller IDs may be shown now, and how many of their ranges may not, and which.

KEYS[1]  {care}, the stem of all keys of caller-ID reputation; see reputation_update.lua
ARGV[1]  now, ms   ARGV[2]  how many ranges follow   ARGV[3…]  their names
then     candidates, two values each: number of its range (1 = first), hash of the caller ID

Returns  {how many caller IDs are out, for each range…, 1|0 fit, for each candidate…,
          {hashes of those that are out} or nothing where they are many, for each range…}
]]
-- So many are listed, some 25 KB: it takes this server a small part of a millisecond.
local MOST_LISTED = 1000
local now, ranges = tonumber(ARGV[1]), tonumber(ARGV[2])
local first = 3 + ranges
local answer = {}

local function out_key(range)
  return KEYS[1] .. ':out:' .. ARGV[2 + range]
end

for range = 1, ranges do
  answer[range] = redis.call('ZCOUNT', out_key(range), '(' .. now, '+inf')
end
for i = first, #ARGV, 2 do
  local out_until = redis.call('ZSCORE', out_key(tonumber(ARGV[i])), ARGV[i + 1])
  answer[#answer + 1] = (out_until and tonumber(out_until) > now) and 0 or 1
end
for range = 1, ranges do
  answer[#answer + 1] = answer[range] <= MOST_LISTED
    and redis.call('ZRANGEBYSCORE', out_key(range), '(' .. now, '+inf')
end
return answer
