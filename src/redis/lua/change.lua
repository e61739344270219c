#!lua flags=allow-oom
--[[
Applies an event to the newest delivery of a verification; of an older one it changes that delivery's state alone.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)     ARGV[4]  its attempt
ARGV[2]  app                          ARGV[5]  event, of the channel's table
ARGV[3]  verification id              ARGV[6]  reason, or ''
ARGV[7]  the result (JSON), or ''
ARGV[8]  1: its end was not seen, so it may still ring; it keeps the callee's lock until its deadline
ARGV[9]  ms until it should be over, or ''
ARGV[10] its price, or ''

Returns  {'noted', status, parts delivered, seq or 0, step, channel, state} where the verification goes on; seq is 0 where
         nothing changed. step: number of the step that follows at once, leased to this gateway; -1: none
         {'seen', 0, ended now, public fields…}, else   {'not_found'}
]]
--- @include "record"
--- @include "callee"

-- A late event of an older delivery, such as a receipt: it moves neither the verification nor its newest delivery.
local function change_older(record, attempt, event, now, reason, result)
  local stored = redis.call('HGET', record.key, 'past')
  local past = stored and stored ~= '' and cjson.decode(stored) or {}
  for _, one in ipairs(past) do
    if one.attempts == attempt and CHANNELS[one.channel] then
      local rules = channel_rules(one.channel)
      local to = tonumber(one.parts) == 1 and rules.transitions[event .. ' ' .. one.state]
      if not to then
        return
      end
      if to ~= one.state then
        one.state = to
        count_event(record)
      end
      if rules.meaning[to] == 'delivered' then
        one.parts_delivered = '1'
      end
      one.reason = reason ~= '' and reason or one.reason
      one.result = result ~= '' and result or one.result
      if rules.final[to] and one.ended_at == '' then
        one.ended_at = tostring(now)
      end
      set(record, 'past', cjson.encode(past))
      return
    end
  end
end

local OVER = { delivered = true, undelivered = true }
local key, now, attempt, event = KEYS[1], time_ms(ARGV[1]), ARGV[4], ARGV[5]
local record = load(key, ARGV[2])
if not record then
  return { 'not_found' }
end
local keys = callee_keys(key, record.callee, record.app)
local ours = attempt_id(ARGV[3], attempt)

settle(record, now)
if attempt == record.attempts then
  local ended_before = record.delivery_ended_at
  move_delivery(record, event, now, ARGV[6])
  record.reschedule = record.reschedule or record.delivery_ended_at ~= ended_before
  -- Also if the verification ended before its delivery did.
  if ARGV[7] ~= '' then
    set(record, 'result', ARGV[7])
  end
  if ARGV[10] ~= '' then
    set(record, 'cost', ARGV[10])
  end
  if ARGV[9] ~= '' then
    expect_over(keys, ours, now + tonumber(ARGV[9]))
  elseif ARGV[8] == '1' then
    expect_over(keys, ours, nil)
  end
else
  change_older(record, attempt, event, now, ARGV[6], ARGV[7])
end

-- The callee can be called again as soon as this call is over, regardless of the verification's state; unless another
-- part of the same code follows: no other call may come between them.
local more_follow = attempt == record.attempts and not TERMINAL[record.status] and record.delivery_ended_at == ''
if OVER[event] and ARGV[8] ~= '1' and not more_follow and holds(keys, ours) then
  redis.call('DEL', keys.live)
end
local step = record.plan ~= '' and plan_of(record).by == 'failed' and lease_step(record, now) or -1
save(record)
if not record.ended_now then
  return {
    'noted', record.status, tonumber(record.parts_delivered), record.changed and tonumber(record.seq) or 0, step,
    record.channel, record.state,
  }
end
return answer(key, 'seen', 0, true)
