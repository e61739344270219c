-- Shared by every channel's start script to begin a delivery: the first one of a new verification, or another one of a
-- verification that goes on. Starting is idempotent on the id, a step on its number.
--
-- KEYS[1]   {s<shard>}:v:<id>
-- ARGV[1]   '', or now in ms (tests)          ARGV[6]   `to` of the verification
-- ARGV[2]   app                               ARGV[7]   its country, or ''
-- ARGV[3]   verification id                   ARGV[8]   reference, or ''
-- ARGV[4]   'new', 'again' (a choice) or 'step'   ARGV[9]   metadata as JSON, or ''
-- ARGV[5]   hash of the callee of ARGV[6]     ARGV[10]  hash of the client's session, or ''
-- ARGV[11]  channel
-- ARGV[12]  '', or JSON of what few deliveries have: simulated ('test' or 'shadow') · cost · guard · network (record.ts) · to, country, callee (hash): this delivery's recipient, where it
--           is not ARGV[6] · step: its number, from 0 · and of a new verification: steps, person (see plan.lua), locale,
--           sealed (the app's own code), sealed_session, client (hashes, see record.ts),
--           refused (array of channel, to, country, reason: steps before it that were refused)
--           of the app's profile, each within the gateway's own: ttl (ms), checks, most (deliveries of the verification)
-- ARGV[13…] the channel's own
--- @include "record"
--- @include "callee"
--- @include "limits"
--- @include "archive"

local FIRST_OWN = 13

-- The same of a verification that is there.
--- @rare
local function open_another(delivery, key, app, mode)
  local record, now = load(key, app, true), delivery.now
  if not record then
    return nil, { 'not_found' }
  end
  settle(record, now)
  save(record)
  if mode == 'new' then
    return nil, answer(record, 'exists', 0)
  end
  if TERMINAL[record.status] then
    return nil, answer(record, 'ended', 0)
  end
  if mode == 'step' then
    local plan = plan_of(record)
    if not next_step(plan) or plan.at + 1 ~= delivery.extras.step then
      return nil, { 'stale' }
    end
  end
  local most = delivery.extras.most
  if most and tonumber(record.number) >= most then
    return nil, { 'limited', 'deliveries', math.max(1, tonumber(record.expires_at) - now) }
  end
  delivery.keys = callee_keys(key, record.callee, app, record.simulated)
  if channel_rules(record.channel).busy[record.state] then
    local limit, wait = limit_on(delivery.keys, now, 1, delivery.keys.stem .. ':starts', false, delivery.automatic)
    return nil, { 'limited', limit or 'live_call', wait > 0 and wait or math.max(1, tonumber(record.deadline) - now) }
  end
  delivery.attempt, delivery.record = tonumber(record.attempts) + 1, record
  return delivery
end

-- Returns the channel's inputs, or nil and the script's answer where no delivery is to begin.
local function open_delivery()
  local key, app, id, mode = KEYS[1], ARGV[2], ARGV[3], ARGV[4]
  local now = time_ms(ARGV[1])
  local extras = ARGV[12] ~= '' and cjson.decode(ARGV[12]) or {}
  local delivery = {
    now = now, attempt = 1, id = id, extras = extras, first = mode == 'new', automatic = mode == 'step',
    -- The limits of another callee lie in another slot: they were reserved before (reserve_callee.lua).
    elsewhere = extras.callee ~= nil,
    ttl = math.min(extras.ttl or TTL_MS, TTL_MS),
  }
  if mode == 'new' then
    local keys = callee_keys(key, ARGV[5], app, extras.simulated)
    local stem, erased = keys.stem, key .. ':erased'
    -- Of most callees nothing is there: one command in place of those that would find it out one by one.
    keys.untouched = redis.call('EXISTS', key, erased, stem .. ':live', stem .. ':starts', stem .. ':starts_in', stem .. ':last',
      stem .. ':wrong', stem .. ':wrong_long', stem .. ':shown', stem .. ':d_' .. ARGV[11]) == 0
    -- An erased one is not begun again by a repeated request.
    if keys.untouched or redis.call('EXISTS', key, erased) == 0 then
      delivery.keys = keys
      return delivery
    end
  end
  return open_another(delivery, key, app, mode)
end

-- The number of the delivery that begins. The steps before the first one that were refused have numbers too.
local function delivery_number(delivery)
  local record, refused = delivery.record, delivery.extras.refused
  if record then
    return tonumber(record.number) + 1
  end
  return refused and #refused + 1 or 1
end

-- Until when an app's own code is accepted: no longer than a derived one, from the verification's first delivery; but it has
-- no next generation. Returns nil and the script's answer where less than a minute is left.
--- @rare
local function app_code_until(delivery)
  local now, since = delivery.now, delivery.now
  if delivery.record then
    since = tonumber(redis.call('HGET', KEYS[1], 'created_at'))
  end
  if now - since > CODE_AGE_MS - CODE_LEAST_MS then
    return nil, { 'code_too_old' }
  end
  return math.min(now + delivery.ttl, since + CODE_AGE_MS)
end

-- Picks the code of a channel whose codes are derived, from four arguments: hash of the code, hash of that of the next
-- generation or '' (none is offered), digits, and 'app' or 'derived <generation of the first> <id of its key> <id of the second's key>'. A generation is sent for 600 s from its first
-- sending at most, and no longer where it would be accepted for less than a minute.
-- Returns `code` of begin_delivery and the answer's choice, or nil and the script's answer.
local function pick_code(delivery, at)
  local now, length = delivery.now, tonumber(ARGV[at + 2])
  local recipient = delivery.extras.callee or ARGV[5]
  local offered, key_of_first, key_of_second = string.match(ARGV[at + 3], '^derived (%d+) (%S+) (%S+)$')
  offered = tonumber(offered)
  if not offered then
    local ends, too_old = app_code_until(delivery)
    if not ends then
      return nil, too_old
    end
    return { h = ARGV[at], l = length, s = 'app', r = recipient, u = ends, o = 10 ^ -length }, 1
  end
  local generation, since = offered, now
  if delivery.record then
    local kept = redis.call('HMGET', KEYS[1], 'generation', 'generation_at')
    if kept[1] and kept[1] ~= '' then
      generation, since = tonumber(string.match(kept[1], '^%d+')), tonumber(kept[2])
      -- The gateway offers none of this generation where it no longer has its key.
      if now - since > CODE_AGE_MS - CODE_LEAST_MS or generation < offered then
        generation, since = math.max(generation + 1, offered), now
      end
    end
  end
  local choice = generation - offered + 1
  if (choice ~= 1 and choice ~= 2) or ARGV[at + choice - 1] == '' then
    -- Another delivery began since the gateway looked.
    return nil, { 'limited', 'gap', 1000 }
  end
  return {
    h = ARGV[at + choice - 1], l = length, s = 'derived', r = recipient, o = 10 ^ -length,
    u = math.min(now + delivery.ttl, since + CODE_AGE_MS), since = since,
    generation = string.format('%d %s', generation, choice == 1 and key_of_first or key_of_second),
  }, choice
end

-- The steps that were refused before the first delivery began, as older deliveries.
--- @rare
local function refused_steps(refused, now)
  local past = {}
  for i, one in ipairs(refused) do
    past[i] = {
      channel = one.channel, state = 'failed', reason = one.reason, parts = '1', parts_delivered = '0',
      started_at = tostring(now), ended_at = tostring(now), details = '', result = '', to = one.to, attempts = '0',
    }
  end
  return #past > 0 and cjson.encode(past) or ''
end

-- A code is open once it was begun; the callee may have wrong checks left for fewer than a whole verification. Returns how many,
-- and whether they are fewer.
local function checks_for(delivery, parts)
  local most, wrong, _ = math.min(delivery.extras.checks or MAX_CHECKS, MAX_CHECKS), 0, nil
  if not delivery.keys.no_wrong_checks and not delivery.keys.untouched then
    _, wrong = wrong_checks_wait(delivery.keys, delivery.now, parts, most)
  end
  local left = math.max(1, math.min(most, WRONG_CHECKS_PER_APP - wrong))
  return left, left < most
end

-- The checks of a verification that has a code now. Fewer than its own are its own from then on: by `max_checks` and what is left
-- the gateway knows how many were made (for other recipients, and the detail record).
--- @rare
local function begin_checks(record, delivery, parts)
  local left, fewer = checks_for(delivery, parts)
  set(record, 'checks_left', left)
  if fewer then
    set_rare(record, 'max_checks', left)
  end
end

-- A recipient that is not the verification's own: all that is kept of somebody must be found. Each shard has
--   {s<shard>}:o:<hash of the recipient>   set: ids of verifications
--- @rare
local function index_recipient(record, callee)
  local key = string.match(record.key, '^{s%d+}:') .. 'o:' .. callee
  redis.call('SADD', key, id_of(record))
  redis.call('PEXPIRE', key, TTL_MS + RETENTION_MS)
end

-- The workflow goes on from this delivery: with its step, or, chosen, with the step that it takes the place of.
--- @rare
local function plan_begins(record, delivery, channel)
  local plan, extras = plan_of(record), delivery.extras
  if delivery.first then
    plan = extras.steps and { steps = extras.steps, at = extras.step, person = extras.person or nil }
  elseif plan and delivery.automatic then
    plan.at = extras.step
  elseif plan then
    for i = plan.at + 2, #plan.steps do
      if plan.steps[i].c == channel and plan.steps[i].t == extras.to then
        plan.at = i - 1
        break
      end
    end
  end
  if plan then
    for _, step in ipairs(plan.steps) do
      if step.h then
        index_recipient(record, step.h)
      end
    end
    plan_next(record, plan, delivery.now + channel_setup_ms(channel) + plan.steps[plan.at + 1].w, 'wait')
  end
end

-- What is held for the verification is held for as much longer as that lives.
--- @rare
local function prolong_held(record, by)
  for key in string.gmatch(record.held, '%S+') do
    local left = redis.call('PTTL', key)
    if left > 0 and by > 0 then
      redis.call('PEXPIRE', key, left + by)
    end
  end
end

-- Another delivery: archives the one before and lets the verification go on.
--- @rare
local function begin_another(record, delivery, new, code)
  archive(record)
  local standing = ''
  if record.standing == 'pending' or channel_rules(record.channel).waiting[record.state] then
    standing = 'pending'
  elseif not code and record.code ~= '' and record.status == 'delivered' then
    standing = 'delivered'
  end
  set(record, 'standing', standing)
  set(record, 'number', delivery_number(delivery))
  local expires_at = delivery.now + delivery.ttl
  if record.held ~= '' then
    prolong_held(record, expires_at - tonumber(record.expires_at))
  end
  set(record, 'expires_at', expires_at)
  move(record, 'begun', delivery.now)
  set(record, 'delivery_ended_at', '')
  if record.course ~= '' then
    set_rare(record, 'course', '')
  end
  if code and record.checks_left == '' then
    begin_checks(record, delivery, new.parts)
  end
  set_rare(record, 'delivery_to', delivery.extras.to or '')
  set_rare(record, 'cost', delivery.extras.cost or '')
  set_rare(record, 'guard', delivery.extras.guard or '')
  set_rare(record, 'network', delivery.extras.network or '')
end

-- What few new verifications have.
--- @rare
local function begin_with_extras(record, delivery)
  local extras = delivery.extras
  if extras.refused then
    set(record, 'past', refused_steps(extras.refused, delivery.now))
    set(record, 'number', delivery_number(delivery))
  end
  for _, name in ipairs({ 'locale', 'sealed', 'sealed_session', 'cost', 'guard', 'network', 'client' }) do
    if extras[name] then
      set_rare(record, name, extras[name])
    end
  end
  if extras.to then
    set_rare(record, 'delivery_to', extras.to)
  end
  if extras.checks then
    set_rare(record, 'max_checks', extras.checks)
  end
end

local function set_given(record, name, value)
  if value ~= '' then
    set(record, name, value)
  end
end

local function set_generation(record, code)
  if code.generation then
    set(record, 'generation', code.generation)
    set(record, 'generation_at', string.format('%d', code.since))
    code.generation, code.since = nil, nil
  end
end

-- Opens the code of a later one.
--- @rare
local function open_another_code(record, code, parts)
  code.d, code.p, code.ok = tonumber(record.number), tonumber(parts), {}
  set_generation(record, code)
  open_code(record, code)
end

-- A line with its blanks: longer than what Redis packs into one value of a hash (hash-max-listpack-value, 64 bytes). The result of a
-- call is so as well: so its record becomes a table of fields sooner or later, which is read and written in two thirds of the time.
local function unpacked(line)
  return string.format('%-65s', line)
end

-- The record of a new verification. It has all its public fields by name, so that they need not be read again.
local function new_record(delivery, code, parts, expires_at)
  local until_text = text_of(expires_at)
  local now = text_of(delivery.now)
  local left, fewer = '', false
  if code then
    left, fewer = checks_for(delivery, parts)
    left = text_of(left)
  end
  local record = {
    key = KEYS[1], id = delivery.id, app = ARGV[2], callee = ARGV[5], to = ARGV[6], country = ARGV[7], seq = '0', status = 'pending',
    number = '1', more = '', code = '', code_info = '', codes_older = '', plan = '', simulated = '', course = '', held = '', reference = '',
    metadata = '', created_at = now, expires_at = until_text, checks_left = left, channel = '', state = '', deadline = '',
    delivery_ended_at = '', attempts = '', parts = '', details = '', delivery_code_length = '', generation = '', whole = true,
    lines = false, changes = false, complete = false,
  }
  local extras = delivery.extras
  if code and not extras.refused then
    local code_until = code.u == expires_at and until_text or text_of(code.u)
    local length = text_of(code.l)
    -- One table: faster than `set` for each.
    record.changes = {
      'version', RECORD_VERSION, 'app', ARGV[2], 'callee', ARGV[5], 'to', ARGV[6], 'country', ARGV[7], 'status', 'pending',
      'number', '1', 'standing', '', 'past', '', 'created_at', now, 'expires_at', until_text, 'checks_left', left,
      'code', code.h, 'code_length', length, 'code_delivery', '1', 'code_parts', parts, 'code_until', code_until,
      'code_info', info_text(1, code.s, code.o, code.r),
    }
    record.code, record.code_length = code.h, length
    set_generation(record, code)
  else
    record.changes = {
      'version', RECORD_VERSION, 'app', ARGV[2], 'callee', ARGV[5], 'to', ARGV[6], 'country', ARGV[7], 'status', 'pending',
      'number', '1', 'standing', '', 'past', '', 'created_at', now, 'expires_at', until_text, 'checks_left', left,
    }
  end
  set_given(record, 'reference', ARGV[8])
  set_given(record, 'metadata', ARGV[9])
  set_given(record, 'session', ARGV[10])
  if ARGV[12] ~= '' then
    begin_with_extras(record, delivery)
    if code and extras.refused then
      open_another_code(record, code, parts)
    end
  end
  if fewer then
    set_rare(record, 'max_checks', left)
  end
  return record
end

-- Writes the delivery. `new` has state, parts, details (JSON), deadline ('' where it cannot be lost), and where there is a
-- code to type: `code` of pick_code, or a hash with code_length, odds (of one guess) and, of an app's code, `ends` of
-- app_code_until. A simulated one has its `course` (course.lua). `held` is a key of this slot that is held as long as the
-- verification lives, and for some time after: no delivery that lengthens its life lets go of it. Returns the script's answer.
local function begin_delivery(delivery, new, choice)
  local key, now, record, extras, channel = KEYS[1], delivery.now, delivery.record, delivery.extras, ARGV[11]
  local code, expires_at, parts = new.code, now + delivery.ttl, text_of(new.parts)
  if type(code) == 'string' then
    local length = tonumber(new.code_length)
    code = {
      h = code, l = length, s = new.source or 'own', o = tonumber(new.odds) or 10 ^ -length, u = new.ends or expires_at,
    }
  end
  local is_new = not record
  if is_new then
    record = new_record(delivery, code, parts, expires_at)
  else
    begin_another(record, delivery, new, code)
    if code then
      open_another_code(record, code, parts)
    end
  end
  local started_at, attempt, length = text_of(now), text_of(delivery.attempt), code and text_of(code.l) or ''
  record.channel, record.state, record.parts, record.parts_delivered, record.details = channel, new.state, parts, '0', new.details
  record.deadline, record.delivery_ended_at = text_of(new.deadline), ''
  record.delivery_started_at, record.attempts, record.delivery_code_length = started_at, attempt, length
  if record.plan ~= '' or extras.steps then
    plan_begins(record, delivery, channel)
  end
  if extras.callee then
    index_recipient(record, extras.callee)
  end
  if new.held then
    set_rare(record, 'held', record.held == '' and new.held or record.held .. ' ' .. new.held)
  end
  if new.course then
    begin_course(record, extras.simulated, new.course, delivery.first)
  end
  if delivery.first then
    note(record, 'S', now, '1', record.expires_at)
    if channel_calls(channel) then
      record.lines[1] = unpacked(record.lines[1])
    end
  else
    note(record, 'D', now, '1', '')
  end
  record.whole, record.complete = true, is_new and record.more == ''
  count_events(record)
  redis.call('HSET', key, 'delivery_code_length', length, 'channel', channel, 'state', new.state, 'reason', '',
    'parts', parts, 'parts_delivered', '0', 'details', new.details, 'result', '', 'delivery_started_at', started_at,
    'attempts', attempt, 'first_attempt', attempt, 'deadline', record.deadline, unpack(record.changes))
  -- A verification outlives its end by the retention, so that it can still be read.
  redis.call('PEXPIRE', key, TTL_MS + RETENTION_MS)
  schedule(record)
  -- As long as the verification is there: no other time at which it is due comes later.
  redis.call('PEXPIRE', due_key(key), TTL_MS + RETENTION_MS)
  write_entry(record)
  local open = open_key(key, record.callee, record.app)
  redis.call('SADD', open, delivery.id)
  redis.call('PEXPIRE', open, TTL_MS + RETENTION_MS)
  return answer(record, 'begun', choice)
end
