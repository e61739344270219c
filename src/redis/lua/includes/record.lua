-- One verification: reading it, applying its deadlines, moving it, writing it back. Beside the public fields its hash
-- holds `code` and `callee` (hashes) and `call_deadline`, when a call that nobody heard of is taken for lost.
--- @include "tables"

-- What the rules need to know.
local WORKING_FIELDS = { 'status', 'calls', 'calls_delivered', 'code_length', 'checks_left', 'attempts', 'expires_at',
  'code', 'callee', 'call_deadline' }

-- Reads the verification; nil where there is none, or where it belongs to another app.
local function load(key, app)
  local values = redis.call('HMGET', key, 'app', unpack(WORKING_FIELDS))
  if not values[1] or values[1] ~= app then
    return nil
  end
  local record = { changes = {}, ended_now = false }
  for i, name in ipairs(WORKING_FIELDS) do
    record[name] = values[i + 1]
  end
  return record
end

-- Sets a field; `save` writes it.
local function set(record, name, value)
  local changes = record.changes
  record[name] = value
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end

-- Which call of its code the newest call is: 1, or 2. A code is called again only after all of its calls.
local function call_number(record)
  return (record.attempts - 1) % record.calls + 1
end

-- Moves the verification where the table allows it. `at` is when it happened.
local function move(record, event, at, reason)
  local more_follow = call_number(record) < tonumber(record.calls)
  event = more_follow and BEFORE_LAST_CALL[event] or event
  local to = next_status(record.status, event)
  if not to then
    return
  end
  if to == 'rung' or event == 'delivered_in_part' then
    -- The same news may come twice: told again after an answer was lost.
    set(record, 'calls_delivered', call_number(record))
  end
  set(record, 'status', to)
  if reason ~= '' then
    set(record, 'reason', reason)
  end
  if TERMINAL[to] then
    set(record, 'ended_at', tostring(at))
    record.ended_now = true
  end
end

-- Applies the deadlines that passed, in their order. Whoever looks first settles it, so nothing needs a timer to end.
local function settle(record, now)
  local call_deadline, expires_at = tonumber(record.call_deadline), tonumber(record.expires_at)
  if now >= call_deadline and call_deadline <= expires_at then
    move(record, 'lost', call_deadline, 'interrupted')
  end
  if now >= expires_at then
    move(record, 'expired', expires_at, '')
  end
end

-- Writes what changed. The key exists, so it keeps its TTL.
local function save(key, record)
  if #record.changes > 0 then
    redis.call('HSET', key, unpack(record.changes))
  end
end

-- The answer: its kind, an extra value, whether this script ended the verification, then the public fields in order.
-- Reads what stands in Redis: call it after `save`.
local function answer(key, kind, extra, ended_now)
  local reply = redis.call('HMGET', key, unpack(PUBLIC_FIELDS))
  table.insert(reply, 1, ended_now and 1 or 0)
  table.insert(reply, 1, extra)
  table.insert(reply, 1, kind)
  return reply
end
