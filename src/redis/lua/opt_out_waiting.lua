#!lua flags=no-writes
--[[
Some rows that wait for the records (opt_out_change.lua).

KEYS[1]  {optouts}:waiting
ARGV[1]  how many at most

Returns  {recipient, row, …}
]]
return redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES')
