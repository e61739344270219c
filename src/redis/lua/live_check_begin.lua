#!lua
--[[
What is known of a callee for a live check, and where nothing is against a call and it has an id: takes the callee for it, that
is the lock of its calls, its turn until the next check, and a caller ID.

KEYS[1]   {s<shard>}:c:<hash of the callee>: the stem of its keys (includes/callee.lua), and of
          :live_check   string: 'begun <id> <when>', or 'said <when> <JSON of the answer>'
ARGV[1]   '', or now in ms (tests)     ARGV[4]  lost_ms: the call is lost after this time
ARGV[2]   id; '': only looks           ARGV[5]  over_ms: it should be over by then
ARGV[3]   ms until the next check      ARGV[6]  most caller IDs that may be in cool-down for this callee
ARGV[7]   cool-down of a caller ID for this callee, ms
ARGV[8]   how many apps there are
ARGV[9…]  their names, then hashes of caller IDs in random order

Returns  {'known', when, age in ms, ms until the next check, JSON; '' where the call was lost}   {'under_way'}
         {'busy', 'call' or 'verification', wait ms}   {'refused', …}   {'free'}   {'begun', caller ID (1 = first)}
]]
--- @include "time"
--- @include "callee"
--- @include "caller_ids"

local FIRST_APP = 9
local now, id = time_ms(ARGV[1]), ARGV[2]
local keys = { stem = KEYS[1] }
local turn_key = keys.stem .. ':live_check'

local turn = redis.call('GET', turn_key)
if turn then
  local by, since = string.match(turn, '^begun (%S+) (%d+)$')
  if by and holds(keys, by) then
    return { 'under_way' }
  end
  local at, answer = since, ''
  if not by then
    at, answer = string.match(turn, '^said (%d+) (.*)$')
  end
  return { 'known', tonumber(at), math.max(0, now - at), redis.call('PTTL', turn_key), answer }
end

local apps = tonumber(ARGV[8])
for i = FIRST_APP, FIRST_APP + apps - 1 do
  if redis.call('EXISTS', keys.stem .. ':open:' .. ARGV[i]) == 1 then
    return { 'busy', 'verification', 0 }
  end
end
local wait = live_wait(keys, now)
if wait > 0 then
  return { 'busy', 'call', wait }
end
if id == '' then
  return { 'free' }
end

local chosen, refusal = take_caller_ids(keys, now, { unpack(ARGV, FIRST_APP + apps) }, 1, tonumber(ARGV[6]),
  tonumber(ARGV[7]))
if not chosen then
  return refusal
end
local lost_ms = tonumber(ARGV[4])
redis.call('SET', keys.stem .. ':live',
  id .. ' ' .. string.format('%.0f %.0f', now + lost_ms, now + tonumber(ARGV[5])), 'PX', lost_ms)
redis.call('SET', turn_key, 'begun ' .. id .. ' ' .. string.format('%.0f', now), 'PX', ARGV[3])
return { 'begun', chosen }
