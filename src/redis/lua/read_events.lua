#!lua flags=no-writes
--[[
Entries of an app's stream after an id.

KEYS[1]  {e:<app>}:events
ARGV[1]  id   ARGV[2]  most entries

Returns  {id, event (JSON), …}
]]

local reply = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  reply[#reply + 1] = entry[1]
  reply[#reply + 1] = entry[2][2]
end
return reply
