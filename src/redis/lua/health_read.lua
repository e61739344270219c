#!lua flags=no-writes
--[[
Reads what is kept of a number's health.

KEYS[1]  {h<keyed hash of the number>}:n   string: readings of 21 characters (numbers/health/readings.ts)
No ARGV[1].

Returns  {readings, or ''}
]]
return { redis.call('GET', KEYS[1]) or '' }
