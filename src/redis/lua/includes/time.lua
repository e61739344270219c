-- Milliseconds since the epoch by this server's clock: the clocks of gateways differ.
-- `given` is '' except in tests, which move time themselves.
local function time_ms(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
