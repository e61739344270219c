#!lua
--[[
Counts what trunks said of callees, of today and yesterday (UTC).

KEYS[1]  {health}:trunks     stem; with a day appended a hash, with a TTL: keyed hash of a trunk, or of a trunk and a range of
                             numbers → answers, unallocated, barred, early, wrong, each with a blank behind
ARGV[1]  now in ms (tests), or ''
         of each field: name, then what is added to the five counts

Returns  {of each field its five sums}
]]
--- @include "time"

local DAY_MS, KEPT_MS, MOST_FIELDS = 86400000, 172800000, 20000

local function read(key, name)
  local counts = {}
  for count in string.gmatch(redis.call('HGET', key, name) or '', '%d+') do
    counts[#counts + 1] = tonumber(count)
  end
  return counts
end

local day = math.floor(time_ms(ARGV[1]) / DAY_MS)
local today, yesterday = KEYS[1] .. ':' .. day, KEYS[1] .. ':' .. (day - 1)
local fields = redis.call('HLEN', today)
local sums = {}

for from = 2, #ARGV, 6 do
  local name = ARGV[from]
  local now, before = read(today, name), read(yesterday, name)
  local text = ''
  for i = 1, 5 do
    local count = (now[i] or 0) + tonumber(ARGV[from + i])
    text = text .. count .. ' '
    sums[#sums + 1] = count + (before[i] or 0)
  end
  if now[1] or fields < MOST_FIELDS then
    fields = fields + (now[1] and 0 or 1)
    redis.call('HSET', today, name, text)
  end
end
redis.call('PEXPIRE', today, KEPT_MS)
return sums
