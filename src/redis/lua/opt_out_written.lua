#!lua flags=allow-oom
--[[
These rows are in the records. One that was changed meanwhile waits on, and one that lacks what they have.

KEYS[1]  {optouts}:waiting
ARGV[1] …  recipient, its revision, …

Returns  {1}
]]
for i = 1, #ARGV, 2 do
  local text = redis.call('HGET', KEYS[1], ARGV[i])
  local row = text and cjson.decode(text)
  if row and not row.u and row.r <= tonumber(ARGV[i + 1]) then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return { 1 }
