#!lua flags=allow-oom
--[[
A callee called one of our numbers, by a trunk whose caller IDs are trusted: verifies what waits for just that, once.

KEYS[1]  {b<bucket>}:c:<hash of the callee>:in:<number that was called>
ARGV[1]  now, ms

Returns  {'seen', verification id, ended now, public fields…}   {'no_match'}
]]
--- @include "record"
--- @include "callee"

local id = redis.call('GET', KEYS[1])
if not id then
  return { 'no_match' }
end
local key = string.match(KEYS[1], '^{b%x+}:') .. 'v:' .. id
local record = load(key, redis.call('HGET', key, 'app'))
if not record then
  return { 'no_match' }
end
local now = tonumber(ARGV[1])
settle(record, now)
move(record, 'called_in', now, '')
save(key, record)
return answer(key, 'seen', id, record.ended_now)
