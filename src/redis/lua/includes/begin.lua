-- Shared by every channel's start script to begin a delivery: the first one of a new verification, or another one of a
-- verification that goes on. Starting is idempotent on the id.
--
-- KEYS[1]   {s<shard>}:v:<id>
-- ARGV[1]   '', or now in ms (tests)    ARGV[6]   callee, E.164
-- ARGV[2]   app                         ARGV[7]   country, or ''
-- ARGV[3]   verification id             ARGV[8]   reference, or ''
-- ARGV[4]   'new' or 'again'            ARGV[9]   metadata as JSON, or ''
-- ARGV[5]   hash of the callee          ARGV[10]  hash of the client's session, or ''
-- ARGV[11…] the channel's own
--- @include "record"
--- @include "callee"

local FIRST_OWN = 11

-- Returns the channel's inputs, or nil and the script's answer where no delivery is to begin.
local function open_delivery()
  local key, app, id = KEYS[1], ARGV[2], ARGV[3]
  local now = time_ms(ARGV[1])
  local record = load(key, app)
  if ARGV[4] == 'new' then
    if redis.call('EXISTS', key) == 0 then
      return { now = now, attempt = 1, id = id, keys = callee_keys(key, ARGV[5], app) }
    end
    if not record then
      return nil, { 'not_found' }
    end
    settle(record, now)
    save(record)
    return nil, answer(key, 'exists', 0, record.ended_now)
  end
  if not record then
    return nil, { 'not_found' }
  end
  settle(record, now)
  save(record)
  if TERMINAL[record.status] then
    return nil, answer(key, 'ended', 0, record.ended_now)
  end
  if channel_rules(record.channel).busy[record.state] then
    local keys = callee_keys(key, record.callee, app)
    local limit, wait = limit_on(keys, now, 1, keys.starts, false)
    return nil, { 'limited', limit or 'live_call', wait > 0 and wait or math.max(1, tonumber(record.deadline) - now) }
  end
  return {
    now = now, attempt = tonumber(record.attempts) + 1, id = id, keys = callee_keys(key, record.callee, app), record = record,
  }
end

-- Archives the delivery that is no longer the newest one, in the form in which it is read: JSON strings stay strings.
local function archive(record)
  local kept = redis.call('HMGET', record.key, 'reason', 'delivery_started_at', 'details', 'result', 'past')
  local one = cjson.encode({
    channel = record.channel, state = record.state, reason = kept[1], parts = record.parts,
    parts_delivered = record.parts_delivered, started_at = kept[2], ended_at = record.delivery_ended_at,
    details = kept[3], result = kept[4],
  })
  set(record, 'past', kept[5] == '' and '[' .. one .. ']' or string.sub(kept[5], 1, -2) .. ',' .. one .. ']')
end

-- A code is open once it was begun; the callee may have wrong checks left for fewer than a whole verification.
local function checks_for(delivery, parts)
  local _, wrong = wrong_checks_wait(delivery.keys, delivery.now, parts)
  return math.max(1, math.min(MAX_CHECKS, WRONG_CHECKS_PER_APP - wrong))
end

-- Writes the delivery. `new` has channel, state, parts, details (JSON), deadline ('' where it cannot be lost), and where
-- there is a code to type: code (its hash) and code_length. Returns the script's answer.
local function begin_delivery(delivery, new, choice)
  local key, now, record = KEYS[1], delivery.now, delivery.record
  if record then
    archive(record)
    local standing = ''
    if record.standing == 'pending' or channel_rules(record.channel).waiting[record.state] then
      standing = 'pending'
    elseif not new.code and record.code ~= '' and record.status == 'delivered' then
      standing = 'delivered'
    end
    set(record, 'standing', standing)
    set(record, 'number', tonumber(record.number) + 1)
    set(record, 'expires_at', now + TTL_MS)
    move(record, 'begun', now)
    if new.code and record.checks_left == '' then
      set(record, 'checks_left', checks_for(delivery, new.parts))
    end
  else
    record = { key = key, app = ARGV[2], callee = ARGV[5], changes = {}, seq = '0', status = 'pending', number = '1' }
    for name, value in pairs({
      version = RECORD_VERSION, app = ARGV[2], callee = ARGV[5], to = ARGV[6], country = ARGV[7], reference = ARGV[8],
      metadata = ARGV[9], session = ARGV[10], status = 'pending', number = 1, standing = '', past = '',
      proof_delivery = '', created_at = now, expires_at = now + TTL_MS, ended_at = '', code = '', code_length = '', code_delivery = '', code_parts = '',
      code_until = '',
      checks_left = new.code and checks_for(delivery, new.parts) or '',
    }) do
      set(record, name, value)
    end
  end
  if new.code then
    set(record, 'code', new.code)
    set(record, 'code_length', new.code_length)
    set(record, 'code_delivery', record.number)
    set(record, 'code_parts', new.parts)
    set(record, 'code_until', now + TTL_MS)
  end
  set(record, 'delivery_code_length', new.code_length or '')
  set(record, 'channel', new.channel)
  set(record, 'state', new.state)
  set(record, 'reason', '')
  set(record, 'parts', new.parts)
  set(record, 'parts_delivered', 0)
  set(record, 'details', new.details)
  set(record, 'result', '')
  set(record, 'delivery_started_at', now)
  set(record, 'delivery_ended_at', '')
  set(record, 'attempts', delivery.attempt)
  set(record, 'first_attempt', delivery.attempt)
  set(record, 'deadline', new.deadline)
  count_event(record)
  redis.call('HSET', key, unpack(record.changes))
  -- A verification outlives its end by the retention, so that it can still be read.
  redis.call('PEXPIRE', key, TTL_MS + RETENTION_MS)
  schedule(record)
  local open = open_key(key, record.callee, record.app)
  redis.call('SADD', open, delivery.id)
  redis.call('PEXPIRE', open, TTL_MS + RETENTION_MS)
  return answer(key, 'begun', choice, false)
end
