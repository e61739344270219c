#!lua
--[[
Takes a place for one call on the first of a few paths (a trunk through an Asterisk) that has room, over all gateways.

Calls a second are spaced evenly (the generic cell rate algorithm, ITU-T I.371, without a burst: carriers count in
windows of their own). The time is this server's: gateways' clocks differ by more than two calls are apart.

KEYS[1]  {admission}:out           hash: "trunk <name>" or "asterisk <name>" → why it is out of service (see drain)
ARGV[1]  lease id              ARGV[3]  longest wait, ms
ARGV[2]  lease, ms             ARGV[4…] paths in order of preference, six values each:
         trunk, its calls a second, its most calls at once, Asterisk, its calls a second, its most calls at once

Returns  {'taken', path (1 = first), wait ms}   {'full', retry after ms}   {'out_of_service'}
]]
--- @include "slot"

-- A way that has room so soon is taken though one of less preference has room now: calls that come close together must
-- not spill over to the backup.
local PATIENCE_MS = 100
-- A ringing call ends and frees its place within seconds.
local FULL_RETRY_MS = 1000

local FIRST_WAY, VALUES = 4, 6
local lease_id, lease_ms, longest_wait = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = time_ms()
local best, best_wait, least_wait = nil, nil, nil
local in_service = false

for i = FIRST_WAY, #ARGV, VALUES do
  local path = way_at(ARGV, i)
  if is_in_service(KEYS[1], path) then
    in_service = true
    if has_place(path.trunk, now) and has_place(path.asterisk, now) then
      -- Whole milliseconds: a gateway's timers are no finer.
      local wait = math.floor(math.max(turn(path.trunk, now), turn(path.asterisk, now)) - now)
      least_wait = math.min(least_wait or wait, wait)
      if wait <= longest_wait and (not best or (best_wait > PATIENCE_MS and wait < best_wait)) then
        best, best_wait = { path = path, number = (i - FIRST_WAY) / VALUES + 1 }, wait
      end
    end
  end
end

if not in_service then
  return { 'out_of_service' }
end
if not best then
  return { 'full', least_wait and math.max(1, least_wait - longest_wait) or FULL_RETRY_MS }
end
occupy(best.path.trunk, now, lease_id, best_wait + lease_ms)
occupy(best.path.asterisk, now, lease_id, best_wait + lease_ms)
return { 'taken', best.number, best_wait }
