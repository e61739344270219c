-- One verification: reading it, applying its deadlines, moving it, writing it back.
--- @include "tables"

-- Reads the verification; nil where there is none, or where it belongs to another app.
local function load(key, app)
  local values = redis.call('HMGET', key, unpack(FIELDS))
  if not values[1] or values[1] ~= app then
    return nil
  end
  local record = { dirty = false, ended_now = false }
  for i, name in ipairs(FIELDS) do
    record[name] = values[i]
  end
  return record
end

-- Moves the verification where the table allows it; says whether it did. `at` is when it happened.
local function move(record, event, at, reason)
  local to = TRANSITIONS[event][record.status]
  if not to then
    return false
  end
  record.status = to
  record.dirty = true
  if reason ~= '' then
    record.reason = reason
  end
  if TERMINAL[to] then
    record.ended_at = tostring(at)
    record.ended_now = true
  end
  return true
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

-- Writes back what may have changed. The key exists, so it keeps its TTL.
local function save(key, record)
  if record.dirty then
    redis.call('HSET', key, 'status', record.status, 'reason', record.reason, 'checks_left', record.checks_left,
      'ended_at', record.ended_at)
  end
end

-- The answer: its kind, extra values, whether this script ended the verification, then the public fields in order.
local function answer(record, kind, extra)
  local reply = { kind, extra, record.ended_now and 1 or 0 }
  for i = 1, PUBLIC_FIELDS do
    reply[i + 3] = record[FIELDS[i]]
  end
  return reply
end
