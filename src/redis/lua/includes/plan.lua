-- The workflow of a verification: field `plan`, JSON, '' where there is none:
--   steps    array of c channel, w ms to wait, t recipient (without it the verification's) and h its hash
--   at       the step that was begun last, from 0
--   next     ms: when the next step is due; without it never, or `waiting`
--   by       why: 'wait' (nothing was verified) or 'failed'; 'leased': a gateway is about to begin it
--   waiting  the next step is due as soon as there is a sign of a person
--   person   a step by waiting to a channel that costs money needs such a sign
--   sign     ms: the newest one
--   over     no further step begins

-- After this time another gateway begins a step that the first one did not begin.
local STEP_LEASE_MS = 3000
-- A sign of a person is worth so much, and noted so often.
local SIGN_MS, SIGN_EVERY_MS = 20000, 3000
-- Reasons that say of the callee's number that no delivery can reach it.
local ENDS_WORKFLOW = { unallocated = true, invalid_format = true, changed = true }

local function plan_of(record)
  if record.plan == '' then
    return nil
  end
  record.plan_read = record.plan_read or cjson.decode(record.plan)
  return record.plan_read
end

local function write_plan(record, plan)
  record.plan_read = plan
  set_rare(record, 'plan', cjson.encode(plan))
  record.reschedule = true
end

-- The step that follows; nil: none.
local function next_step(plan)
  return plan and not plan.over and plan.steps[plan.at + 2] or nil
end

-- When the next step is due, ms; infinity: no step is due by itself.
--- @rare
local function step_due(record)
  local plan = plan_of(record)
  return next_step(plan) and plan.next or math.huge
end

-- Another delivery began, or its wait begins anew: the next step follows then.
local function plan_next(record, plan, at, by)
  plan.waiting = nil
  plan.next, plan.by = nil, nil
  if next_step(plan) then
    plan.next, plan.by = at, by
  end
  write_plan(record, plan)
end

-- The person may have the delivery: from now on the step's wait counts.
--- @rare
local function wait_begins(record, at)
  local plan = plan_of(record)
  if next_step(plan) and plan.by == 'wait' then
    plan_next(record, plan, at + plan.steps[plan.at + 1].w, 'wait')
  end
end

-- A delivery failed. Returns whether another step follows: at once.
--- @rare
local function plan_goes_on(record, reason, at)
  local plan = plan_of(record)
  if not next_step(plan) or TERMINAL[record.status] then
    return false
  end
  if ENDS_WORKFLOW[reason] then
    plan.over = true
    plan_next(record, plan)
    return false
  end
  plan_next(record, plan, at, 'failed')
  return true
end

-- Whether the next step costs money and needs a sign of a person.
local function needs_sign(plan, step)
  return plan.person and CHANNELS[step.c] and channel_costs(step.c)
end

-- The number of the step that is due, leased to the gateway that gets it; nil: none.
--- @rare
local function lease_step(record, now)
  local plan = plan_of(record)
  local step = next_step(plan)
  if not step or TERMINAL[record.status] or not plan.next or plan.next > now or not CHANNELS[step.c] then
    return nil
  end
  if plan.by == 'wait' and needs_sign(plan, step) and (not plan.sign or now - plan.sign > SIGN_MS) then
    plan.next, plan.waiting = nil, true
    write_plan(record, plan)
    return nil
  end
  if channel_rules(record.channel).busy[record.state] then
    -- Its end says when: until then nothing begins, and nothing is refused.
    plan.next = now + STEP_LEASE_MS
    write_plan(record, plan)
    return nil
  end
  plan.next, plan.by = now + STEP_LEASE_MS, 'leased'
  write_plan(record, plan)
  return plan.at + 1
end

-- A person asks for the verification's state. Written only where a step depends on it.
--- @rare
local function note_person(record, now)
  local plan = plan_of(record)
  local step = next_step(plan)
  if not step or TERMINAL[record.status] or not needs_sign(plan, step) then
    return
  end
  if plan.sign and now - plan.sign < SIGN_EVERY_MS and not plan.waiting then
    return
  end
  plan.sign = now
  if plan.waiting then
    plan_next(record, plan, now, 'wait')
  else
    write_plan(record, plan)
  end
end
