#!lua flags=allow-oom
--[[
Applies an event to the newest delivery of a verification; of an older one it changes that delivery alone.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)     ARGV[4]  its attempt
ARGV[2]  app                          ARGV[5]  event, of the channel's table
ARGV[3]  verification id              ARGV[6]  reason, or ''
ARGV[7]  the result (JSON), or ''
ARGV[8]  1: its end was not seen, so it may still ring; it keeps the callee's lock until its deadline
ARGV[9]  ms until it should be over, or ''
ARGV[10] its price; '-': it has none; '': unchanged

Returns  {'noted', status, parts delivered, seq or 0, step, channel, state} where the verification goes on; seq is that of
         the delivery's event, 0 where it has none. step: number of the step that follows at once, leased to this gateway; -1: none
         {'seen', 0, ended now, public fields}, else   {'not_found'}
]]
--- @include "record"
--- @include "callee"

-- An older delivery turned out not to have been delivered: that was perhaps all that kept the verification open.
local function was_not_delivered(record, number, now)
  note_failed(record, number)
  local newest_failed = channel_rules(record.channel).meaning[record.state] == 'undelivered'
  if TERMINAL[record.status] or not newest_failed or has_delivered_code(record, now) then
    return
  end
  if next_step(plan_of(record)) then
    move(record, 'undelivered_continuing', now)
  else
    move(record, record.standing == 'pending' and 'undelivered_pending' or 'undelivered', now)
  end
end

-- A late event of an older delivery, such as a receipt, or the end of a call whose code was read out before another delivery
-- began: it does not move the newest one.
--- @rare
local function change_older(record, attempt, event, now, reason, result, cost)
  local stored = redis.call('HGET', record.key, 'past')
  local past = stored and stored ~= '' and cjson.decode(stored) or {}
  for number, one in ipairs(past) do
    if one.attempts == attempt and CHANNELS[one.channel] then
      local rules = channel_rules(one.channel)
      local moves_to = tonumber(one.parts) == 1 and rules.transitions[event .. ' ' .. one.state]
      -- However often it is written, as of the newest one.
      local evidence = result ~= '' and one.result == '' and channel_calls(one.channel)
      if not moves_to and not evidence then
        return
      end
      -- Of a call that was given up as lost the evidence and the price count all the same.
      local to = moves_to or one.state
      if rules.meaning[to] == 'undelivered' and rules.meaning[one.state] == 'delivered' then
        was_not_delivered(record, number, now)
      end
      local moved = to ~= one.state
      one.state = to
      if rules.meaning[to] == 'delivered' then
        one.parts_delivered = '1'
      end
      one.reason = moves_to and reason ~= '' and reason or one.reason
      one.result = result ~= '' and result or one.result
      if cost ~= '' then
        one.cost = cost ~= '-' and cost or nil
      end
      if rules.final[to] and one.ended_at == '' then
        one.ended_at = tostring(now)
      end
      set(record, 'past', cjson.encode(past))
      if moved then
        note_older(record, 'D', now, number, one)
      end
      if evidence then
        note_older(record, 'C', now, number, one)
      end
      return
    end
  end
end

-- The step that follows a failure at once, leased to this gateway; nil: none.
--- @rare
local function lease_failed_step(record, now)
  return plan_of(record).by == 'failed' and lease_step(record, now) or nil
end

local function callee_of(record)
  return callee_keys(record.key, record.callee, record.app, record.simulated)
end

local key, now, attempt, event = KEYS[1], time_ms(ARGV[1]), ARGV[4], ARGV[5]
local record = load(key, ARGV[2], true)
if not record then
  return { 'not_found' }
end
record.id = ARGV[3]

settle(record, now)
if attempt == record.attempts then
  local ended_before = record.delivery_ended_at
  move_delivery(record, event, now, ARGV[6])
  record.reschedule = record.reschedule or record.delivery_ended_at ~= ended_before
  -- Also if the verification ended before its delivery did.
  if ARGV[7] ~= '' then
    set(record, 'result', ARGV[7])
    report_call(record, now)
  end
  if ARGV[10] ~= '' then
    set_rare(record, 'cost', ARGV[10] ~= '-' and ARGV[10] or '')
  end
  if ARGV[9] ~= '' then
    expect_over(callee_of(record), attempt_id(ARGV[3], attempt), now + tonumber(ARGV[9]))
  elseif ARGV[8] == '1' then
    expect_over(callee_of(record), attempt_id(ARGV[3], attempt), nil)
  end
else
  change_older(record, attempt, event, now, ARGV[6], ARGV[7], ARGV[10])
end

-- The callee can be called again as soon as this call is over, regardless of the verification's state; unless another
-- part of the same code follows: no other call may come between them.
local more_follow = attempt == record.attempts and not TERMINAL[record.status] and record.delivery_ended_at == ''
local over = event == 'delivered' or event == 'undelivered'
if over and ARGV[8] ~= '1' and not more_follow then
  local callee = callee_of(record)
  if holds(callee, attempt_id(ARGV[3], attempt)) then
    redis.call('DEL', callee.stem .. ':live')
  end
end
local step = record.plan ~= '' and lease_failed_step(record, now) or -1
save(record)
if not record.ended_now then
  return {
    'noted', record.status, tonumber(record.parts_delivered), record.moved or 0, step,
    record.channel, record.state,
  }
end
return answer(record, 'seen', 0)
