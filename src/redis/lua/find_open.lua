#!lua flags=allow-oom
--[[
The app's open verifications of one callee.

KEYS[1]  {s<shard>}:c:<hash of the callee>:open:<app>
ARGV[1]  '', or now in ms (tests)   ARGV[2]  app

Returns  {id, hash of its session or '', how it is simulated or '', …}
]]
--- @include "record"

local now, stem = time_ms(ARGV[1]), string.match(KEYS[1], '^{s%d+}:')
local reply = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local record = load(stem .. 'v:' .. id, ARGV[2])
  if record then
    -- Not saved: this script's answer could not report an end, so `due` or the next read writes it.
    settle(record, now)
  end
  if record and not TERMINAL[record.status] then
    reply[#reply + 1] = id
    reply[#reply + 1] = redis.call('HGET', record.key, 'session')
    reply[#reply + 1] = record.simulated
  elseif not record then
    redis.call('SREM', KEYS[1], id)
  end
end
return reply
