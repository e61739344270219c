#!lua flags=allow-oom
--[[
Mirrors one entry of a block or allow list from records, or removes it.

KEYS[1]  {lists}:entries   hash: id → JSON; the recipient is a keyed hash
         {lists}:version   changes with each change
ARGV[1]  id   ARGV[2]  JSON ('': remove it)

Returns  {1 where it changed}
]]
local changed
if ARGV[2] == '' then
  changed = redis.call('HDEL', KEYS[1], ARGV[1])
else
  changed = redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
end
if changed == 1 then
  local time = redis.call('TIME')
  redis.call('SET', '{lists}:version', time[1] .. '.' .. time[2] .. '.' .. redis.call('HLEN', KEYS[1]))
end
return { changed }
