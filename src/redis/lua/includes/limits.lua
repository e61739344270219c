-- The limits of one delivery, for the start scripts: what applies to a choice, an automatic step, another recipient.

-- Deliveries of one channel to this callee within the hour: sorted set of attempts.
local function channel_key(delivery, channel)
  return delivery.keys.stem .. ':d_' .. channel
end

-- The channel's own cap; nil where it blocks nothing.
local function cap_on(delivery, channel, attempts)
  local cap, app_cap = channel_cap(channel)
  if cap == 0 or delivery.elsewhere or delivery.keys.untouched then
    return nil
  end
  local wait = wait_for(channel_key(delivery, channel), delivery.keys.app, delivery.now, HOUR_MS, cap - attempts + 1,
    app_cap - attempts + 1, 1)
  if wait > 0 then
    return 'channel_cap', wait
  end
  return nil
end

local function count_in_cap(delivery, channel, attempt)
  if channel_cap(channel) > 0 then
    count(channel_key(delivery, channel), delivery.keys.app, delivery.now, attempt, HOUR_MS)
  end
end

-- What blocks a delivery that makes the phone ring; nil: nothing. It counts like any other call.
local function call_limit(delivery, channel, calls)
  if delivery.elsewhere then
    return nil
  end
  local limit, wait = limit_on(delivery.keys, delivery.now, calls, delivery.keys.stem .. ':starts', true, delivery.automatic)
  if limit then
    return limit, wait
  end
  return cap_on(delivery, channel, calls)
end

-- Counts the call and locks the callee for call_ms; it should be over in over_ms.
local function count_ringing(delivery, channel, call_ms, over_ms)
  if delivery.elsewhere then
    return
  end
  local attempt = attempt_id(delivery.id, delivery.attempt)
  count_call(delivery.keys, delivery.now, attempt, call_ms, over_ms)
  count_in_cap(delivery, channel, attempt)
end

-- What blocks a message; nil: nothing. A verification that begins with one counts as a start; each has its channel's cap.
local function message_limit(delivery, channel)
  if delivery.elsewhere or delivery.keys.untouched then
    return nil
  end
  local keys, now = delivery.keys, delivery.now
  local longest, wrong = wrong_checks_wait(keys, now, 1, 1)
  local name, wait, starts = 'wrong_checks', nil, nil
  keys.no_wrong_checks = wrong == 0
  local function consider(by, limit)
    if by > longest then
      longest, name = by, limit
    end
  end
  if delivery.first then
    wait, starts = wait_for(keys.stem .. ':starts', keys.app, now, HOUR_MS, STARTS_PER_CALLEE_PER_HOUR,
      STARTS_PER_APP_PER_HOUR, 1)
    consider(wait, 'hourly_starts')
  end
  if not delivery.automatic then
    consider(gap_wait(keys, now, keys.stem .. ':starts', not APPS_HAVE_SHARES and starts == 0), 'gap')
  end
  if longest > 0 then
    return name, longest
  end
  return cap_on(delivery, channel, 1)
end

local function count_message(delivery, channel)
  if delivery.elsewhere then
    return
  end
  local keys, attempt = delivery.keys, attempt_id(delivery.id, delivery.attempt)
  if delivery.first then
    count_start(keys, keys.stem .. ':starts', delivery.now, attempt)
  end
  note_message(keys, delivery.now)
  count_in_cap(delivery, channel, attempt)
end
