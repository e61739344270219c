#!lua flags=no-writes
--[[
Reads all entries (guard_list.lua).

KEYS[1]  {lists}:entries
ARGV[1]  version that is known ('': none)

Returns  {version}, and where it is another one: {version, JSON, ...}
]]
local version = redis.call('GET', '{lists}:version') or 'none'
if version == ARGV[1] then
  return { version }
end
local reply = redis.call('HVALS', KEYS[1])
table.insert(reply, 1, version)
return reply
