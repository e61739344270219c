#!lua flags=no-writes
--[[
Reads what a live source said of a number's network.

KEYS[1]  net:<keyed hash of the number>   see network-store.ts; with a TTL
ARGV[1]  nothing

Returns  {text, ms left}   {} where nothing is kept
]]
local text = redis.call('GET', KEYS[1])
return text and { text, redis.call('PTTL', KEYS[1]) } or {}
