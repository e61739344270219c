#!lua flags=no-writes
--[[
The public events of a verification, as its record keeps them (includes/outbox.lua).

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  app

Returns  {'history', line of seq 1 or '', line of seq 2 …, separated by line breaks, 0, public fields}   {'not_found'}
]]
--- @include "record"

local app = redis.call('HGET', KEYS[1], 'app')
if app ~= ARGV[1] then
  return { 'not_found' }
end
local names = {}
for seq = 1, tonumber(redis.call('HGET', KEYS[1], 'seq')) do
  names[seq] = 'h' .. seq
end
local lines = redis.call('HMGET', KEYS[1], unpack(names))
for i, line in ipairs(lines) do
  lines[i] = line or ''
end
return { 'history', table.concat(lines, '\n'), 0, public_json(KEYS[1]) }
