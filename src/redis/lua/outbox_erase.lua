#!lua flags=allow-oom
--[[
Erases entries of an outbox, delivered or not. A cursor that has not done one of them counts it as done: it is not lost. Those
that a gateway has taken and not done yet are counted by it, or by the one that takes over its lease (relay.lua).

KEYS[1]  {s<shard>}:outbox
ARGV[1]  names of all cursors in use   ARGV[2], ARGV[3], …  entries, oldest first; none: erases nothing

{s<shard>}:relay   see relay.lua

Returns  {how many were there, then for each cursor: its position, ms that its lease goes on, position of the last entry that
         is taken where some of those taken were erased, now or before ('': none)}: a gateway may hand them on until the cursor
         is there or its lease ends
]]

local state, time = string.gsub(KEYS[1], 'outbox$', 'relay'), redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function parts_of(id)
  local ms, number = string.match(id, '(%d+)-(%d+)')
  return tonumber(ms), tonumber(number)
end

local function is_after(a, b)
  local a_ms, a_number = parts_of(a)
  local b_ms, b_number = parts_of(b)
  return a_ms > b_ms or a_ms == b_ms and a_number > b_number
end

local reply = { 0 }
local erased = {}
for i = 2, #ARGV do
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    erased[#erased + 1] = ARGV[i]
  end
end
reply[1] = #erased
for name in string.gmatch(ARGV[1], '[^ ]+') do
  local kept = redis.call('HMGET', state, name, name .. ':done', name .. ':until', name .. ':taken', name .. ':erased')
  local position = kept[1] or '0-0'
  local taken, waiting, in_progress = position, 0, 0
  if kept[4] and is_after(kept[4], position) then
    taken = kept[4]
  end
  for _, id in ipairs(erased) do
    if is_after(id, taken) then
      waiting = waiting + 1
    elseif is_after(id, position) then
      in_progress = in_progress + 1
    end
  end
  if waiting > 0 and kept[2] then
    redis.call('HINCRBY', state, name .. ':done', waiting)
  end
  if in_progress > 0 and kept[2] then
    redis.call('HINCRBY', state, name .. ':erased', in_progress)
  end
  reply[#reply + 1] = position
  reply[#reply + 1] = math.max(0, (tonumber(kept[3]) or 0) - now)
  reply[#reply + 1] = (in_progress > 0 or kept[5]) and taken or ''
end
return reply
