#!lua flags=allow-oom
--[[
Erases what is queued of verifications, what is on its way included, and their letters among the newest dead letters that wait for
records. They stay marked: what a gateway holds of them in its memory is not queued again (webhook_append.lua), and does not
stay in records (webhook_dead.lua).

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  newest dead letters to leave out   ARGV[2]  most to look at   ARGV[3]  how long the marks stay, ms   then the verifications

Returns  {events and dead letters that were erased, newest dead letters to leave out the next time (-1: all were looked at)}
]]
--- @include "webhook"

local queue, erased, is_erased = queue_of(KEYS[1], 0), 0, {}
for i = 4, #ARGV do
  is_erased[ARGV[i]] = true
  redis.call('SADD', queue.erased, ARGV[i])
  erased = erased + drop(queue, ARGV[i])
end
redis.call('PEXPIRE', queue.erased, ARGV[3])
-- From the end: what records take meanwhile is taken from the beginning, and moves nothing here.
local skip, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local letters = redis.call('LRANGE', queue.dead, -skip - most, -skip - 1)
local removed = 0
for i = #letters, 1, -1 do
  if is_erased[verification_of(letters[i])] then
    removed = removed + redis.call('LREM', queue.dead, -1, letters[i])
  end
end
return { erased + removed, #letters < most and -1 or skip + most - removed }
