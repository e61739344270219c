#!lua flags=allow-oom
--[[
Removes entries that the records have.

KEYS[1]  {audit}:queue
ARGV[1], ARGV[2], …  their places in the queue

Returns  how many were there
]]
return redis.call('XDEL', KEYS[1], unpack(ARGV))
