#!lua flags=allow-oom
--[[
These rows are in the records. One that was changed meanwhile waits on.

KEYS[1]  {optouts}:waiting
ARGV[1] …  recipient, its revision, …

Returns  {1}
]]
for i = 1, #ARGV, 2 do
  local row = redis.call('HGET', KEYS[1], ARGV[i])
  if row and cjson.decode(row).r <= tonumber(ARGV[i + 1]) then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return { 1 }
