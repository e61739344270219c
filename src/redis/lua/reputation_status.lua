#!lua flags=no-writes
--[[
How many caller IDs of each range are unavailable now.

KEYS[1]  {reputation}, the stem of all keys of caller-ID reputation; see reputation_update.lua
ARGV[1]  '', or now in ms (tests)   ARGV[2…]  names of ranges

Returns  {how many are in cool-down, how many are unavailable for any reason, …}: two values for each range
]]
--- @include "time"

local now, answer = time_ms(ARGV[1]), {}
for i = 2, #ARGV do
  for _, set in ipairs({ ':cooldown:', ':unavailable:' }) do
    answer[#answer + 1] = redis.call('ZCOUNT', KEYS[1] .. set .. ARGV[i], '(' .. now, '+inf')
  end
end
return answer
