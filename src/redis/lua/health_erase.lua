#!lua
--[[
Erases what is kept of a number's health.

KEYS[1]  as of health_read.lua
No ARGV[1].

Returns  {1 where there was something, else 0}
]]
return { redis.call('DEL', KEYS[1]) }
