#!lua flags=allow-oom
--[[
A callee called one of our numbers, on a trunk whose caller IDs are trusted: verifies the verification that waits for it, once.

KEYS[1]  {s<shard>}:c:<hash of the callee>:in:<number that was called>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  the trunk of the call   ARGV[3]  how long ago it came, ms

Returns  {'seen', verification id, ended now, public fields}   {'not_found'}
]]
--- @include "record"

local hold = redis.call('GET', KEYS[1])
if not hold then
  return { 'not_found' }
end
local id, number = string.match(hold, '^(%S+) (%d+)$')
local record = load(string.match(KEYS[1], '^{s%d+}:') .. 'v:' .. id, nil, true)
if not record then
  return { 'not_found' }
end
local now, ago = time_ms(ARGV[1]), tonumber(ARGV[3] or 0)
-- When the delivery that holds the number began.
local function began_at()
  if number == record.number then
    return redis.call('HGET', record.key, 'delivery_started_at')
  end
  return cjson.decode(redis.call('HGET', record.key, 'past'))[tonumber(number)].started_at
end
-- A call that is looked up again, because this server was away, proves nothing that began after it.
if ago > 0 and now - ago < tonumber(began_at()) then
  return { 'not_found' }
end
settle(record, now)
local result = cjson.encode({ trunk = ARGV[2] })
if number == record.number then
  local before = record.state
  move_delivery(record, 'called', now, '')
  if record.state ~= before then
    set(record, 'result', result)
  end
elseif not TERMINAL[record.status] then
  -- Another delivery has begun since; the call proves the number nevertheless.
  local past = cjson.decode(redis.call('HGET', record.key, 'past'))
  local own = past[tonumber(number)]
  own.state, own.ended_at, own.result = 'called', tostring(now), result
  set(record, 'past', cjson.encode(past))
  set(record, 'proof_delivery', number)
  move(record, 'proven', now)
  note_older(record, 'D', now, number, own)
end
save(record)
return answer(record, 'seen', id)
