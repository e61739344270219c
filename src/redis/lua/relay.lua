#!lua flags=allow-oom
--[[
The relay's way through one outbox, by one of its cursors: says which entries are next, and with a lease's token first
acknowledges those before, or keeps the lease. One gateway at a time has a cursor; its lease ends by itself. The gateway reads
the entries itself (XRANGE): through Lua an entry would cost five times as much.

KEYS[1]  {s<shard>}:outbox
ARGV[1]  cursor                    ARGV[4]  position up to which all is done, or ''   ARGV[7]  lease, ms
ARGV[2]  this gateway              ARGV[5]  how many entries that were, as it was told ARGV[8]  names of this gateway's cursors
ARGV[9]  lifetime of the outbox from its newest batch on, ms
ARGV[3]  token of its lease, or '' ARGV[6]  most entries to take; 0: keep the lease, take none

{s<shard>}:relay   hash: <cursor> position · <cursor>:done how many entries were done or lost · :owner · :until ms ·
                   :token · :seen ms, when a gateway looked by it · :taken position of the last entry that was taken ·
                   :erased how many of those taken were erased before they were done (outbox_erase.lua)

Returns  {'taken', token, entries lost, position, last, how many}: those after `position` up to `last`
         {'empty', 0, entries lost}: the lease is given back
         {'kept'}   {'leased', ms}: another gateway has it   {'fenced'}: the lease had ended, and another began
]]

-- Longer than an outbox that no gateway relays stays (OUTBOX_TTL_MS).
local STATE_TTL_MS = 2764800000
-- A cursor by which no gateway has looked for so long holds nothing: it was turned off. Longer than a restart takes.
local FORGOTTEN_MS, SEEN_EVERY_MS = 600000, 60000

local function time_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local key, state = KEYS[1], string.gsub(KEYS[1], 'outbox$', 'relay')
local cursor, owner, token, done, most, lease_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[7])
local now = time_ms()
local kept = redis.call('HMGET', state, cursor, cursor .. ':done', cursor .. ':owner', cursor .. ':until', cursor .. ':token',
  cursor .. ':seen', cursor .. ':erased')
local position, count, held_until = kept[1] or '0-0', tonumber(kept[2]), tonumber(kept[4]) or 0

-- How many entries were ever added, how many of them are there no more, and the newest; nil where none is there.
local function totals()
  if redis.call('EXISTS', key) == 0 then
    return 0, 0, nil
  end
  local info, values = redis.call('XINFO', 'STREAM', key), {}
  for i = 1, #info, 2 do
    values[info[i]] = info[i + 1]
  end
  local newest = values['last-entry']
  return values['entries-added'], values['entries-added'] - values['length'], newest and newest[1]
end

local function before(a, b)
  local a_ms, a_number = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_number = string.match(b, '(%d+)-(%d+)')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  return a_ms < b_ms or a_ms == b_ms and tonumber(a_number) < tonumber(b_number)
end

-- Removes what every cursor in use has done: this gateway's, and what another gateway has looked by within FORGOTTEN_MS.
local function trim()
  local all, least = redis.call('HGETALL', state), nil
  local fields, names = {}, {}
  for i = 1, #all, 2 do
    fields[all[i]] = all[i + 1]
    local name = string.match(all[i], '^(.+):seen$')
    if name and now - tonumber(all[i + 1]) < FORGOTTEN_MS then
      names[name] = true
    end
  end
  for name in string.gmatch(ARGV[8], '[^ ]+') do
    names[name] = true
  end
  for name in pairs(names) do
    local one = fields[name] or '0-0'
    if not least or before(one, least) then
      least = one
    end
  end
  local ms, number = string.match(least, '(%d+)-(%d+)')
  redis.call('XTRIM', key, 'MINID', ms .. '-' .. string.format('%.0f', tonumber(number) + 1))
end

if now - (tonumber(kept[6]) or 0) > SEEN_EVERY_MS then
  redis.call('HSET', state, cursor .. ':seen', now)
  redis.call('PEXPIRE', state, STATE_TTL_MS)
end
if token ~= '' then
  if token ~= kept[5] then
    return { 'fenced' }
  end
  if done ~= '' then
    position, count = done, (count or 0) + tonumber(ARGV[5])
    redis.call('HSET', state, cursor, position, cursor .. ':done', count)
    if kept[7] then
      -- They are among those that were done.
      redis.call('HDEL', state, cursor .. ':erased')
    end
    trim()
  end
  if most == 0 then
    redis.call('HSET', state, cursor .. ':until', now + lease_ms)
    return { 'kept' }
  end
elseif held_until > now and kept[3] ~= owner then
  return { 'leased', held_until - now }
elseif kept[7] and count then
  -- Who took them has not done them, and they are there no more.
  count = count + tonumber(kept[7])
  redis.call('HSET', state, cursor .. ':done', count)
  redis.call('HDEL', state, cursor .. ':erased')
end

local added, gone, last = totals()
local waits = last and before(position, last)
local lost = 0
-- Fewer are there than were not done: the outbox was full.
if waits or not count then
  if not count or added < count then
    -- A new cursor, or the outbox ended and began anew.
    count = gone
  elseif gone > count then
    lost, count = gone - count, gone
  end
  redis.call('HSET', state, cursor .. ':done', count)
  redis.call('PEXPIRE', state, STATE_TTL_MS)
end
if not waits then
  if token ~= '' then
    redis.call('HDEL', state, cursor .. ':until')
  end
  return { 'empty', 0, lost }
end
if token == '' then
  token = tostring(redis.call('HINCRBY', state, cursor .. ':token', 1))
end
local taken = added - count
if taken > most then
  local entries = redis.call('XRANGE', key, '(' .. position, '+', 'COUNT', most)
  taken, last = #entries, entries[#entries][1]
end
redis.call('PEXPIRE', key, ARGV[9])
redis.call('HSET', state, cursor .. ':owner', owner, cursor .. ':until', now + lease_ms, cursor .. ':taken', last)
return { 'taken', token, lost, position, last, taken }
