#!lua
--[[
Merges readings of a number with those that are there: the same in any order, and any number of times, as `mergeReadings` of
numbers/health/readings.ts. Of one identity the newest reading stays, of each kind the newest few.

KEYS[1]  as of health_read.lua
ARGV[1]  readings, 21 characters each: kind, source, via (6), app (6), seconds since 1970 (7 digits of base 36)
ARGV[2]  readings of one trunk and app within so many seconds are one
ARGV[3]  TTL, ms
ARGV[4]  how many of each kind are kept, as a8u8…: a letter and a digit each

Returns  {}
]]
local LENGTH, AT = 21, 15

-- By time, then by text: a total order.
local function newer(a, b)
  local at_a, at_b = string.sub(a, AT), string.sub(b, AT)
  if at_a == at_b then
    return a > b
  end
  return at_a > at_b
end

local function identity_of(reading, bucket)
  local kind = string.lower(string.sub(reading, 1, 1))
  if kind == 'a' or kind == 'r' then
    return kind .. string.sub(reading, 2, 2) .. string.sub(reading, 9, AT - 1)
  end
  local at = tonumber(string.sub(reading, AT), 36) or 0
  return kind .. string.sub(reading, 2, AT - 1) .. math.floor(at / bucket)
end

-- Adds the readings of a text to those that are kept by identity; `found` has the identities.
local function add(text, bucket, kept, found)
  for from = 1, #text - LENGTH + 1, LENGTH do
    local reading = string.sub(text, from, from + LENGTH - 1)
    local identity = identity_of(reading, bucket)
    if kept[identity] == nil then
      found[#found + 1] = identity
      kept[identity] = reading
    elseif newer(reading, kept[identity]) then
      kept[identity] = reading
    end
  end
end

local bucket, kept, found = tonumber(ARGV[2]), {}, {}
add(redis.call('GET', KEYS[1]) or '', bucket, kept, found)
add(ARGV[1], bucket, kept, found)

local readings, left, merged = {}, {}, {}
for index, identity in ipairs(found) do
  readings[index] = kept[identity]
end
table.sort(readings, newer)
for letter, most in string.gmatch(ARGV[4], '(%l)(%d)') do
  left[letter] = tonumber(most)
end
for _, reading in ipairs(readings) do
  local kind = string.lower(string.sub(reading, 1, 1))
  if (left[kind] or 0) > 0 then
    left[kind] = left[kind] - 1
    merged[#merged + 1] = reading
  end
end
if #merged > 0 then
  redis.call('SET', KEYS[1], table.concat(merged), 'PX', ARGV[3])
end
return {}
