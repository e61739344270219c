#!lua flags=allow-oom
--[[
Reads dead letters that wait for records, and removes those that records have.

KEYS[1]  {w<endpoint>}:lanes, and the other keys of the queue (includes/webhook.lua)
ARGV[1]  most to read   then each entry to remove, as it was read

Returns  the oldest entries (includes/webhook.lua); where some are to be removed the verifications of those that were erased
         (webhook_erase.lua) since they were read
]]
--- @include "webhook"

local queue = queue_of(KEYS[1], 0)
if #ARGV > 1 then
  local erased, any_erased = {}, redis.call('EXISTS', queue.erased) == 1
  -- By value: two gateways may move the same ones.
  for i = 2, #ARGV do
    redis.call('LREM', queue.dead, 1, ARGV[i])
    local verification = any_erased and verification_of(ARGV[i])
    if verification and redis.call('SISMEMBER', queue.erased, verification) == 1 then
      erased[#erased + 1] = verification
    end
  end
  return erased
end
return redis.call('LRANGE', queue.dead, 0, tonumber(ARGV[1]) - 1)
