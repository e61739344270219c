#!lua flags=allow-oom
--[[
The outcome of an act: its entry is final.

KEYS[1]  {audit}:queue
ARGV[1]  id   ARGV[2]  the entry as JSON

Returns  {'finished'}   {'late'}: its end was taken for lost, or reported before
]]
--- @include "audit"

if redis.call('HDEL', BEGUN, ARGV[1]) == 0 then
  return { 'late' }
end
redis.call('ZREM', TIMES, ARGV[1])
redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2])
return { 'finished' }
