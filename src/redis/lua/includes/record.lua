-- One verification: reading it, applying its deadlines, moving it, writing it back. Its hash holds the public fields
-- (see PUBLIC_FIELDS) and
--   version         of this layout
--   callee          hash of the callee
--   code            hash of the newest code that is open, '' for none; code_length its digits, code_delivery the delivery
--                   and code_parts the parts that tell it, code_until ms: from when on it is not accepted
--   code_info, codes_older: see codes.lua   plan: see plan.lua
--   first_attempt   the newest delivery's first attempt; its parts are counted from there
--   deadline        ms: a delivery whose end was not reported by then is lost; '' where it cannot be lost
--   standing        'pending' or 'delivered': what an earlier delivery leaves open where the newest one fails; else ''
--   session         hash of the client's session, '' for none
--   sealed          the app's own code, sealed; '-' after the end
--   generation, generation_at   of the derived codes, and ms: when the first of it was sent
-- A field that is not there is ''.
--- @include "tables"
--- @include "time"

-- What the rules need to know.
local WORKING_FIELDS = { 'status', 'channel', 'state', 'parts', 'parts_delivered', 'attempts', 'first_attempt', 'deadline',
  'expires_at', 'code', 'code_length', 'checks_left', 'callee', 'standing', 'number', 'ended_at', 'delivery_ended_at', 'seq', 'code_delivery',
  'code_parts', 'code_until', 'code_info', 'codes_older', 'plan', 'sealed' }

-- Reads the verification; nil where there is none, or where it belongs to another app.
local function load(key, app)
  local values = redis.call('HMGET', key, 'app', unpack(WORKING_FIELDS))
  if not values[1] or (app and values[1] ~= app) then
    return nil
  end
  local record = { key = key, app = values[1], changes = {}, ended_now = false, changed = false }
  for i, name in ipairs(WORKING_FIELDS) do
    record[name] = values[i + 1] or ''
  end
  return record
end

-- Sets a field; `save` writes it.
local function set(record, name, value)
  local changes = record.changes
  record[name] = tostring(value)
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end

--- @include "codes"
--- @include "plan"

-- Something that is reported as an event: counted, so that its listeners can put events in order. A script reports one
-- event, whatever it changes: a number that none has would look like a lost event.
local function count_event(record)
  if not record.changed then
    set(record, 'seq', tonumber(record.seq) + 1)
    record.changed = true
  end
end

-- Moves the verification where the table allows it. `at` is when it happened.
local function move(record, event, at)
  local to = next_status(record.status, event)
  if not to then
    return
  end
  set(record, 'status', to)
  if TERMINAL[to] then
    set(record, 'ended_at', at)
    if record.delivery_ended_at == '' and record.deadline == '' then
      -- Nothing of it is in progress that could end by itself.
      set(record, 'delivery_ended_at', at)
    end
    record.ended_now = true
    if record.sealed ~= '' then
      -- Wiped; that there was one stays known.
      set(record, 'sealed', '-')
    end
    count_event(record)
  end
end

-- Which part of its code the newest attempt is, from 1.
local function part_number(record)
  return tonumber(record.attempts) - tonumber(record.first_attempt) + 1
end

-- What the failure of the newest delivery means: another step of the workflow follows, or an earlier delivery is still open.
local function failure(record, reason, at)
  local goes_on = plan_goes_on(record, reason, at)
  if has_delivered_code(record, at) then
    return 'undelivered_delivered'
  end
  if goes_on then
    return 'undelivered_continuing'
  end
  return record.standing == 'pending' and 'undelivered_pending' or 'undelivered'
end

-- Moves the newest delivery where its channel's table allows it, and with it the verification.
local function move_delivery(record, event, at, reason)
  local rules = channel_rules(record.channel)
  local part = part_number(record)
  if part < tonumber(record.parts) then
    event = rules.before_last[event] or event
  end
  local to = rules.transitions[event .. ' ' .. record.state]
  if not to then
    return
  end
  local meaning, before = rules.meaning[to], rules.meaning[record.state]
  if meaning == 'delivered' or event == 'delivered_in_part' then
    -- The same event may be written twice, after a lost answer.
    set(record, 'parts_delivered', part)
  end
  if to ~= record.state then
    set(record, 'state', to)
    count_event(record)
  end
  if reason ~= '' then
    set(record, 'reason', reason)
  end
  if rules.final[to] then
    set(record, 'delivery_ended_at', at)
  end
  if meaning == 'delivered' and before ~= 'delivered' then
    count_delivered(record, tonumber(record.number), 1)
    wait_begins(record, at)
  elseif meaning == 'undelivered' and before ~= 'undelivered' then
    if before == 'delivered' then
      count_delivered(record, tonumber(record.number), -1)
    end
    meaning = failure(record, reason, at)
  end
  if meaning == 'proven' then
    set(record, 'proof_delivery', record.number)
  end
  if meaning then
    move(record, meaning, at)
  end
end

-- When this verification is due next; nil: never.
local function next_due(record)
  local due = not TERMINAL[record.status] and tonumber(record.expires_at) or nil
  if record.deadline ~= '' and record.delivery_ended_at == '' then
    due = math.min(due or math.huge, tonumber(record.deadline))
  end
  local plan = plan_of(record)
  if plan and plan.next and not TERMINAL[record.status] and next_step(plan) then
    due = math.min(due or math.huge, plan.next)
  end
  return due
end

-- Sorted set: id → when it is due, for all verifications of this shard.
local function due_key(key)
  return string.match(key, '^{s%d+}:') .. 'due'
end

-- Set: ids of the app's open verifications of this callee.
local function open_key(key, callee, app)
  return string.match(key, '^{s%d+}:') .. 'c:' .. callee .. ':open:' .. app
end

local function id_of(key)
  return string.match(key, ':v:(.+)$')
end

local function schedule(record)
  local due, id = next_due(record), id_of(record.key)
  if due then
    redis.call('ZADD', due_key(record.key), due, id)
    redis.call('PEXPIRE', due_key(record.key), TTL_MS + RETENTION_MS)
  else
    redis.call('ZREM', due_key(record.key), id)
  end
end

-- Applies the deadlines that passed, in their order. Every script does so first, so the state that it sees is
-- current.
local function settle(record, now)
  -- Another delivery without a code lets the verification live longer, not the code.
  expire_codes(record, now)
  local expires_at = tonumber(record.expires_at)
  local lost_at = record.deadline ~= '' and record.delivery_ended_at == '' and tonumber(record.deadline) or math.huge
  if now < lost_at and now < expires_at then
    return
  end
  local function lose()
    move_delivery(record, 'lost', lost_at, 'interrupted')
    if record.delivery_ended_at == '' then
      -- Its table has no way from here: it is not due again and again.
      set(record, 'deadline', '')
    end
    record.reschedule = true
  end
  if lost_at <= expires_at then
    lose()
  end
  if now >= expires_at then
    move(record, 'expired', expires_at)
  end
  if now >= lost_at and lost_at > expires_at then
    lose()
  end
end

-- Writes what changed. The key exists, so it keeps its TTL.
local function save(record)
  if #record.changes == 0 then
    return
  end
  redis.call('HSET', record.key, unpack(record.changes))
  record.changes = {}
  if record.ended_now or record.reschedule then
    schedule(record)
  end
  if record.ended_now then
    redis.call('SREM', open_key(record.key, record.callee, record.app), id_of(record.key))
  end
end

-- The answer: its kind, an extra value, whether this script ended the verification, then the public fields in order.
-- Reads from Redis: call it after `save`.
local function answer(key, kind, extra, ended_now)
  local reply = redis.call('HMGET', key, unpack(PUBLIC_FIELDS))
  table.insert(reply, 1, ended_now and 1 or 0)
  table.insert(reply, 1, extra)
  table.insert(reply, 1, kind)
  return reply
end
