#!lua flags=no-writes
--[[
The ends of an app's stream.

KEYS[1]  {e:<app>}:events
ARGV[1]  kept for, ms

Returns  {id of the newest event that ever was there or '0-0', greatest id that may be missing}
]]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- What is older than events are kept may be gone with the whole stream.
local forgotten = string.format('%.0f-0', math.max(0, now - tonumber(ARGV[1])))
if redis.call('EXISTS', KEYS[1]) == 0 then
  return { '0-0', forgotten }
end
local info, values = redis.call('XINFO', 'STREAM', KEYS[1]), {}
for i = 1, #info, 2 do
  values[info[i]] = info[i + 1]
end
local first = values['first-entry']
if first and values['entries-added'] > values['length'] then
  local ms, number = string.match(first[1], '(%d+)-(%d+)')
  ms, number = tonumber(ms), tonumber(number)
  if ms > now - tonumber(ARGV[1]) then
    forgotten = number > 0 and string.format('%.0f-%.0f', ms, number - 1) or string.format('%.0f-18446744073709551615', ms - 1)
  end
end
return { values['last-generated-id'], forgotten }
