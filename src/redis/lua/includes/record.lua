-- One verification: reading it, applying its deadlines, moving it, writing it back. Its hash holds the public fields
-- (see record.ts) and
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
--   sealed_session  the client's session, sealed, where signed results have it
--   generation, generation_at   of the derived codes, and ms: when the first of it was sent
--   h<seq>          its public events: see outbox.lua
--   call_reported   the newest attempt whose evidence was reported
--   simulated, course   see course.lua
--   held            keys that are held as long as it lives, and for some time after (begin.lua)
--   more            '1': it has fields that few records have
-- A field that is not there is ''.
--- @include "tables"
--- @include "time"

-- Reads the verification; nil where there is none, or where it belongs to another app. `whole`: the script moves its newest
-- delivery; without that only `settle` does, where a deadline passed.
local function load(key, app, whole)
  local record
  if whole then
    record = read_whole(key)
  else
    record = read_working(key)
  end
  if not record or (app and record.app ~= app) then
    return nil
  end
  -- A plain record costs nothing for what few have.
  if record.more == '1' then
    read_rare(record)
  end
  return record
end

-- Sets a field; `save` writes it.
local function set(record, name, value)
  local changes, text = record.changes, text_of(value)
  local at = #changes
  record[name] = text
  changes[at + 1], changes[at + 2] = name, text
end

-- The same of a field that few records have.
local function set_rare(record, name, value)
  set(record, name, value)
  if value ~= '' and record.more ~= '1' then
    set(record, 'more', 1)
  end
end

--- @include "codes"
--- @include "plan"

local function id_of(record)
  local id = record.id
  if not id then
    id = string.match(record.key, ':v:(.+)$')
    record.id = id
  end
  return id
end

-- The public fields as a JSON array, with those that few records have where this one has them; false: it is not there. One
-- text, because a gateway reads it faster than a reply of so many elements.
local function public_json(key)
  local values = read_public(key)
  if values[#values] == '1' then
    for _, value in ipairs(read_more(key)) do
      values[#values + 1] = value
    end
  end
  return cjson.encode(values)
end

--- @include "outbox"

--- @include "course"

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
    if record.course ~= '' then
      cut_course(record)
    end
    if record.sealed ~= '' then
      -- Wiped; that there was one stays known.
      set_rare(record, 'sealed', '-')
    end
  end
end

-- Which part of its code the newest attempt is, from 1.
local function part_number(record)
  return tonumber(record.attempts) - tonumber(record.first_attempt) + 1
end

-- The newest delivery was delivered.
--- @rare
local function delivered_now(record, at)
  note_delivered(record, tonumber(record.number))
  wait_begins(record, at)
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

-- The newest delivery failed: what that means.
--- @rare
local function failed_now(record, was_delivered, reason, at)
  if was_delivered then
    note_failed(record, tonumber(record.number))
  end
  return failure(record, reason, at)
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
  local moved = to ~= record.state
  if moved then
    set(record, 'state', to)
  end
  if reason ~= '' then
    set(record, 'reason', reason)
  end
  if rules.final[to] then
    set(record, 'delivery_ended_at', at)
  end
  if meaning == 'delivered' and before ~= 'delivered' then
    local plain = record.number == '1' and record.more == '' and note_first_delivered(record)
    if not plain then
      delivered_now(record, at)
    end
  elseif meaning == 'undelivered' and before ~= 'undelivered' then
    meaning = failed_now(record, before == 'delivered', reason, at)
  end
  if meaning == 'proven' then
    set(record, 'proof_delivery', record.number)
  end
  if meaning then
    move(record, meaning, at)
  end
  if moved then
    note(record, 'D', at, part, reason)
  end
end

-- When this verification is due next; nil: never.
local function next_due(record)
  local due = not TERMINAL[record.status] and tonumber(record.expires_at) or nil
  if record.deadline ~= '' and record.delivery_ended_at == '' then
    due = math.min(due or math.huge, tonumber(record.deadline))
  end
  if record.plan ~= '' and not TERMINAL[record.status] then
    due = math.min(due or math.huge, step_due(record))
  end
  if record.course ~= '' then
    due = math.min(due or math.huge, course_due(record))
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

local function schedule(record)
  local due, id, key = next_due(record), id_of(record), due_key(record.key)
  if due then
    redis.call('ZADD', key, due, id)
  else
    redis.call('ZREM', key, id)
  end
end

-- `settle` where a deadline passed.
--- @rare
local function settle_passed(record, now, lost_at, expires_at)
  if not record.channel then
    read_moving(record)
  end
  expire_codes(record, now)
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

-- The evidence of a call is reported once, however often it is written: the answer may have been lost.
--- @rare
local function report_call(record, now)
  if channel_calls(record.channel) and record.call_reported ~= record.attempts then
    set(record, 'call_reported', record.attempts)
    note(record, 'C', now, part_number(record), tonumber(record.parts) > 1 and record.result or '')
  end
end

-- Another call of the same code begins: see next_call.lua of the missed call.
--- @rare
local function next_part(record)
  local attempt = tonumber(record.attempts) + 1
  set(record, 'attempts', attempt)
  set(record, 'reason', '')
end

-- Applies what the course of a simulated delivery has until now. What comes after the verification's lifetime does so.
--- @rare
local function follow_course(record, now)
  if not record.channel then
    read_moving(record)
  end
  while record.course ~= '' and course_due(record) <= now do
    local at, event, reason, cost, result, rest = next_in_course(record)
    local expires_at = tonumber(record.expires_at)
    if not TERMINAL[record.status] and at >= expires_at then
      move(record, 'expired', expires_at)
      record.reschedule = true
    else
      set_rare(record, 'course', rest)
      record.reschedule = true
      if event == 'next_part' then
        next_part(record)
      else
        move_delivery(record, event, at, reason)
      end
      if result ~= '' then
        set(record, 'result', result)
        report_call(record, at)
      end
      if cost ~= '' then
        set_rare(record, 'cost', cost)
      end
      if record.delivery_ended_at ~= '' then
        release_callee(record)
      end
    end
  end
end

-- Applies the deadlines that passed, in their order. Every script does so first, so the state that it sees is
-- current.
local function settle(record, now)
  if record.course ~= '' then
    follow_course(record, now)
  end
  local expires_at = tonumber(record.expires_at)
  local lost_at = record.deadline ~= '' and record.delivery_ended_at == '' and tonumber(record.deadline) or math.huge
  -- Another delivery without a code lets the verification live longer, not the code.
  local code_passed = record.code ~= '' and (record.codes_older ~= '' or now >= tonumber(record.code_until))
  if code_passed or now >= lost_at or now >= expires_at then
    settle_passed(record, now, lost_at, expires_at)
  end
end

-- Another time is its next one, or it ended.
--- @rare
local function reschedule(record)
  schedule(record)
  if record.ended_now then
    redis.call('SREM', open_key(record.key, record.callee, record.app), id_of(record))
  end
end

-- Writes what changed, with its events. The key exists, so it keeps its TTL.
local function save(record)
  if record.lines or record.ended_now then
    count_events(record)
  end
  if #record.changes == 0 then
    return
  end
  redis.call('HSET', record.key, unpack(record.changes))
  record.changes = {}
  if record.ended_now or record.reschedule then
    reschedule(record)
  end
  record.public = nil
  if record.lines then
    write_entry(record)
  end
end

-- The answer: its kind, an extra value, whether this script ended the verification, the public fields. Call it after `save`.
--- @rare
local function answer(record, kind, extra)
  return { kind, extra, record.ended_now and 1 or 0, record.public or public_json(record.key) }
end
