-- Caller IDs that a callee is shown: after that they are in cool-down for it.
--- @include "callee"

local function is_over(cooldown, now)
  return not cooldown or tonumber(cooldown) <= now
end

-- Takes the first candidate of whose caller IDs none is in cool-down for this callee: from now on they count as shown.
-- `hashes` has, for each candidate, the hashes of its `each` caller IDs. No more than `most` may be in cool-down before.
-- Returns the candidate's number (1 = first), or nil and the script's answer.
local function take_caller_ids(keys, now, hashes, each, most, cooldown_ms)
  local shown = keys.stem .. ':shown'
  local cooling_down = keys.untouched and 0 or count_within(shown, now, 0, most + 1)
  if cooling_down > most then
    return nil, { 'refused', 'caller_ids_shown', time_at(shown, cooling_down - most - 1) - now }
  end
  local cooldowns = cooling_down == 0 and {} or redis.call('ZMSCORE', shown, unpack(hashes))
  for number = 1, #hashes / each do
    local first, last = (number - 1) * each + 1, number * each
    if is_over(cooldowns[last], now) and is_over(cooldowns[first], now) then
      for i = first, last do
        redis.call('ZADD', shown, now + cooldown_ms, hashes[i])
      end
      redis.call('PEXPIRE', shown, cooldown_ms)
      return number
    end
  end
  return nil, { 'refused', 'all_cooling_down', count_within(shown, now, 0, 0) }
end
