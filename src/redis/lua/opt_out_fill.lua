#!lua
--[[
Adds rows of the records, where there is none as new, and none that waits: that one is newer. One that waits and lacks what the
records have gets it, and waits on. Without rows: all are there now.

KEYS[1]  {optouts}:all   (includes/opt_outs.lua)
ARGV[1] …  recipient, its row as JSON, or '' (there is none in the records), …

Returns  {1}
]]
--- @include "opt_outs"

if #ARGV == 0 then
  redis.call('SET', '{optouts}:complete', '1')
end
for i = 1, #ARGV, 2 do
  local callee, text = ARGV[i], ARGV[i + 1]
  local found = redis.call('HGET', '{optouts}:waiting', callee) or redis.call('HGET', KEYS[1], callee)
  local known = found and cjson.decode(found)
  local row = text ~= '' and cjson.decode(text) or { r = 0, e = {} }
  if known and known.u then
    merge_row(known, row)
    next_revision(known)
    local merged = cjson.encode(known)
    redis.call('HSET', KEYS[1], callee, merged)
    redis.call('HSET', '{optouts}:waiting', callee, merged)
  elseif text ~= '' and (not known or known.r < row.r) then
    redis.call('HSET', KEYS[1], callee, text)
  end
end
return { 1 }
