#!lua flags=allow-oom
--[[
A step of a workflow was refused: it becomes a delivery that failed, and the next step follows at once.

KEYS[1]  {s<shard>}:v:<id>
ARGV[1]  '', or now in ms (tests)   ARGV[3]  number of the step   ARGV[5]  its recipient, or '' for the verification's
ARGV[2]  app                        ARGV[4]  channel              ARGV[6]  reason

Returns  {'noted', status, 0, seq, step, channel, state}: see change.lua   {'seen', 0, ended now, public fields}
         {'stale'}: the step was begun or refused already, or a delivery is in progress   {'not_found'}
]]
--- @include "record"
--- @include "archive"

local key, now = KEYS[1], time_ms(ARGV[1])
local record = load(key, ARGV[2], true)
if not record then
  return { 'not_found' }
end
settle(record, now)
local plan = plan_of(record)
-- One that the person chose meanwhile is in progress: it must not be taken for one that is over. The step is due again.
local busy = channel_rules(record.channel).busy[record.state]
if TERMINAL[record.status] or busy or not next_step(plan) or plan.at + 1 ~= tonumber(ARGV[3]) then
  save(record)
  return record.ended_now and answer(record, 'seen', 0) or { 'stale' }
end
-- The archive reads what is stored.
save(record)
archive(record)
if channel_rules(record.channel).waiting[record.state] then
  set(record, 'standing', 'pending')
end
plan.at = tonumber(ARGV[3])
-- Also the last step's number is kept.
plan_next(record, plan)
for name, value in pairs({
  number = tonumber(record.number) + 1, channel = ARGV[4], state = 'failed', reason = ARGV[6], parts = 1, parts_delivered = 0,
  details = '', result = '', delivery_code_length = '', delivery_started_at = now,
  delivery_ended_at = now, deadline = '', attempts = tonumber(record.attempts) + 1, first_attempt = tonumber(record.attempts) + 1,
}) do
  set(record, name, value)
end
set_rare(record, 'delivery_to', ARGV[5])
set_rare(record, 'cost', '')
set_rare(record, 'guard', '')
set_rare(record, 'network', '')
move(record, failure(record, ARGV[6], now), now)
note(record, 'D', now, 1, ARGV[6])
local step = lease_step(record, now) or -1
save(record)
if record.ended_now then
  return answer(record, 'seen', 0)
end
return { 'noted', record.status, 0, record.moved, step, record.channel, record.state }
