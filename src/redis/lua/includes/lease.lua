-- Shares of a callee's limits that another callee's verification holds: entries like all others, but so old that they
-- leave the window when the lease ends.

-- A start is settled as soon as the delivery began or was refused.
local START_LEASE_MS = 60000

-- 0 is the start, others are wrong checks.
local function lease_id(verification_id, number)
  return verification_id .. '/lease/' .. number
end

-- A wrong check that was made, of 1 to MAX_CHECKS.
local function check_id(verification_id, number)
  return verification_id .. '/' .. number
end

local function lease_entry(key, app, now, member, lease_ms, window_ms)
  local made_at = now + math.min(lease_ms, window_ms) - window_ms
  redis.call('ZADD', key, made_at, member)
  redis.call('PEXPIRE', key, window_ms)
  if APPS_HAVE_SHARES then
    redis.call('ZADD', key .. ':' .. app, made_at, member)
    redis.call('PEXPIRE', key .. ':' .. app, window_ms)
  end
end
