#!lua flags=allow-oom
--[[
Counts the final state of one part of a long message. Idempotent: the first final state of a part counts.

KEYS[1]  {g<group>}:parts    hash: hash of the receipt id → 'delivered' or 'failed'
ARGV[1]  hash of the receipt id   ARGV[2]  'delivered' or 'failed'   ARGV[3]  parts   ARGV[4]  kept for, ms

Returns  {'failed'} where a part failed   {'delivered'} where all were delivered   {'open'} where some are missing
]]

redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local delivered = 0
for _, state in ipairs(redis.call('HVALS', KEYS[1])) do
  if state == 'failed' then
    return { 'failed' }
  end
  delivered = delivered + 1
end
return { delivered >= tonumber(ARGV[3]) and 'delivered' or 'open' }
