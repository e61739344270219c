#!lua flags=no-writes
--[[
Reads the apps that changed since a position (app_put.lua), the oldest change first.

KEYS[1]  {apps}:rows
ARGV[1]  epoch and ARGV[2] seq of the position ('' and 0: none)   ARGV[3]  most rows

Returns  {epoch ('': the mirror is empty), last seq, 1 where the position is of another mirror, seq of the last row here, JSON, …}
]]
local version = redis.call('HMGET', '{apps}:version', 'epoch', 'seq')
local epoch, last, from = version[1] or '', tonumber(version[2] or 0), tonumber(ARGV[2])
-- Of an older copy of the data the epoch is the same, and the position lies ahead of it.
local replaced = epoch ~= ARGV[1] or from > last
if replaced then
  from = 0
end
local reply = { epoch, last, replaced and 1 or 0, from }
if from == last then
  return reply
end
local found = redis.call('ZRANGEBYSCORE', '{apps}:order', '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[3]))
for i = 1, #found, 2 do
  reply[#reply + 1] = redis.call('HGET', KEYS[1], found[i])
  reply[4] = tonumber(found[i + 1])
end
return reply
