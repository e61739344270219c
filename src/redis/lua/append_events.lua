#!lua flags=allow-oom
--[[
Appends events to the stream of an app. Those of an outbox come in order; what is not beyond its watermark was appended before.

KEYS[1]  {e:<app>}:events   stream; field `event`: the event (JSON)
ARGV[1]  outbox   ARGV[2]  most entries   ARGV[3]  kept for, ms   ARGV[4…]  position in the outbox, event, …

{e:<app>}:marks   hash: outbox → position of its last event here; `last`: id of the stream's last entry; `gone`: id of the last entry
  of an earlier stream, which expired

Returns  {how many were appended}
]]

local key, marks = KEYS[1], string.gsub(KEYS[1], 'events$', 'marks')
local mark, last = redis.call('HGET', marks, ARGV[1]), nil
local mark_ms, mark_number = string.match(mark or '0-0', '(%d+)-(%d+)')
mark_ms, mark_number = tonumber(mark_ms), tonumber(mark_number)
local appended = 0
local next_id = '*'
if redis.call('EXISTS', key) == 0 then
  local gone = redis.call('HGET', marks, 'last') or '0-0'
  redis.call('HSET', marks, 'gone', gone)
  -- A new stream does not know the old one's ids: within its last millisecond, or by a clock that is behind, it would begin before its end.
  local ms, number = string.match(gone, '(%d+)-(%d+)')
  local now = redis.call('TIME')
  if tonumber(ms) >= math.floor(now[1] * 1000 + now[2] / 1000) then
    next_id = string.format('%s-%.0f', ms, tonumber(number) + 1)
  end
end
-- They come in order: what follows one that is beyond the mark is so too.
local first = 4
while first < #ARGV do
  local ms, number = string.match(ARGV[first], '(%d+)-(%d+)')
  ms, number = tonumber(ms), tonumber(number)
  if ms > mark_ms or ms == mark_ms and number > mark_number then
    break
  end
  first = first + 2
end
for i = first, #ARGV, 2 do
  if i + 1 == #ARGV then
    last = redis.call('XADD', key, 'MAXLEN', '~', ARGV[2], next_id, 'event', ARGV[i + 1])
  else
    redis.call('XADD', key, next_id, 'event', ARGV[i + 1])
  end
  next_id = '*'
  appended = appended + 1
end
if last then
  redis.call('HSET', marks, ARGV[1], ARGV[#ARGV - 1], 'last', last)
  -- Longer than an event can wait in its outbox.
  redis.call('PEXPIRE', marks, 2764800000)
  redis.call('PEXPIRE', key, ARGV[3])
  local oldest = tonumber(string.match(last, '^%d+')) - tonumber(ARGV[3])
  redis.call('XTRIM', key, 'MINID', string.format('%.0f', math.max(0, oldest)))
end
return { appended }
