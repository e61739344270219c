#!lua
--[[
Adds rows of the records, where there is none as new, and none that waits: that one is newer. Without rows: all are there now.

KEYS[1]  {optouts}:all   (opt_out_find.lua)
ARGV[1] …  recipient, its row as JSON, …

Returns  {1}
]]
if #ARGV == 0 then
  redis.call('SET', '{optouts}:complete', '1')
end
for i = 1, #ARGV, 2 do
  local callee, row = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', '{optouts}:waiting', callee) or redis.call('HGET', KEYS[1], callee)
  if not known or cjson.decode(known).r < cjson.decode(row).r then
    redis.call('HSET', KEYS[1], callee, row)
  end
end
return { 1 }
