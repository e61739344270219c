#!lua
--[[
Sets or removes entries of one recipient's row. The row waits for the records from then on.

KEYS[1]  {optouts}:all       (includes/opt_outs.lua)
         {optouts}:waiting   hash: recipient → row as JSON, not yet in the records; one without entries is removed there
         {optouts}:revision  the greatest of all rows
ARGV[1]  hash of the recipient   ARGV[2]  the row in the records as JSON, '' (none there), or '?': they cannot be asked; used where
         there is none here, or one that lacks what they have
ARGV[3]  app, '*' for all apps, or '' (remove every entry)
ARGV[4]  entry as JSON, or '' (remove it); one that lifts an opt-out lifts none that came later   ARGV[5]  rows that may wait

Returns  {1, entries that were removed}   {0}: too many wait
]]
--- @include "opt_outs"

local all, waiting, callee, app = KEYS[1], '{optouts}:waiting', ARGV[1], ARGV[3]
if redis.call('HLEN', waiting) >= tonumber(ARGV[5]) and redis.call('HEXISTS', waiting, callee) == 0 then
  return { 0 }
end
local text = redis.call('HGET', waiting, callee) or redis.call('HGET', all, callee)
local row = text and cjson.decode(text) or { r = 0, e = {}, u = 1 }
if row.u and ARGV[2] ~= '?' then
  merge_row(row, ARGV[2] ~= '' and cjson.decode(ARGV[2]) or { r = 0, e = {} })
end
local removed, left = 0, 0
if ARGV[4] ~= '' then
  local entry = cjson.decode(ARGV[4])
  for _, name in ipairs({ app, '*' }) do
    local known = row.e[name]
    if entry[1] == 'in' and known and known[1] == 'out' and known[2] >= entry[2] then
      return { 1, 0 }
    end
  end
  row.e[app] = entry
else
  for name in pairs(row.e) do
    if app == '' or app == name then
      row.e[name] = nil
      removed = removed + 1
    end
  end
  if removed == 0 then
    return { 1, 0 }
  end
end
for _ in pairs(row.e) do
  left = left + 1
end
next_revision(row)
local written = cjson.encode(row)
if left == 0 then
  redis.call('HDEL', all, callee)
else
  redis.call('HSET', all, callee, written)
end
redis.call('HSET', waiting, callee, written)
return { 1, removed }
