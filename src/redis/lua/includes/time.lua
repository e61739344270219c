-- Milliseconds since the epoch by this server's clock: the clocks of gateways differ.
-- `given` is '' except in tests, which move time themselves.
local function time_ms(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The newest number that was written out: most are the time at which the script runs.
local WRITTEN = { 0, '0' }

-- A whole number as text; a text as it is. Lua's own way to write a number takes longer than a command of Redis.
local function text_of(number)
  if type(number) == 'string' then
    return number
  end
  if number == 1 then
    return '1'
  end
  if number ~= WRITTEN[1] then
    WRITTEN[1], WRITTEN[2] = number, string.format('%d', number)
  end
  return WRITTEN[2]
end
