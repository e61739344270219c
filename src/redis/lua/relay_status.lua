#!lua flags=no-writes
--[[
What waits in one outbox.

KEYS[1]  {s<shard>}:outbox
ARGV[1]  and following: names of the cursors

Returns  for each cursor: entries that wait, and the age of the oldest, ms
]]

local key, state = KEYS[1], string.gsub(KEYS[1], 'outbox$', 'relay')
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local added = 0
if redis.call('EXISTS', key) == 1 then
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then
      added = info[i + 1]
    end
  end
end
local reply = {}
for _, cursor in ipairs(ARGV) do
  local kept = redis.call('HMGET', state, cursor, cursor .. ':done')
  local oldest = redis.call('XRANGE', key, '(' .. (kept[1] or '0-0'), '+', 'COUNT', 1)[1]
  local waiting = oldest and added - (tonumber(kept[2]) or added - redis.call('XLEN', key)) or 0
  reply[#reply + 1] = waiting
  reply[#reply + 1] = oldest and math.max(0, now - tonumber(string.match(oldest[1], '^%d+'))) or 0
end
return reply
