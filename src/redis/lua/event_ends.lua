#!lua flags=no-writes
--[[
The ends of an app's stream.

KEYS[1]  {e:<app>}:events   and {e:<app>}:marks, see append_events.lua
ARGV[1]  none

Returns  {id of the newest event that ever was there or '0-0', greatest id that may be missing or '0-0'}
]]

local marks = string.gsub(KEYS[1], 'events$', 'marks')
local last, gone = unpack(redis.call('HMGET', marks, 'last', 'gone'))
if redis.call('EXISTS', KEYS[1]) == 0 then
  -- All of it expired.
  return { last or '0-0', last or '0-0' }
end
local info, values = redis.call('XINFO', 'STREAM', KEYS[1]), {}
for i = 1, #info, 2 do
  values[info[i]] = info[i + 1]
end
local newest, first = values['last-generated-id'], values['first-entry']
if values['entries-added'] == values['length'] then
  return { newest, gone or '0-0' }
end
if not first then
  return { newest, newest }
end
local ms, number = string.match(first[1], '(%d+)-(%d+)')
-- The greatest id before the first one.
if tonumber(number) > 0 then
  return { newest, string.format('%s-%.0f', ms, tonumber(number) - 1) }
end
return { newest, string.format('%.0f-18446744073709551615', tonumber(ms) - 1) }
