-- What the guard counts of one scope of an app (a prefix, a country, an address of a client …), packed into one string:
-- 16 unsigned integers; one byte: how many days follow; of each day its starts and its verified ones; of addresses the
-- countries of the day, each with a blank.
--   hour   the hour since 1970 of the next six · deliveries, of the hour before · starts, before · verified, before
--   day    the same of the day
--   peak   most verified of one of the last 14 days
--   usual  unverified starts to 1000 verified ones, in those 14 days; 0: too few are known
-- Windows slide: of the bucket before counts the part that still lies in the window.
--- @include "time"

local GUARD_HOUR_MS, GUARD_DAY_MS = 3600000, 86400000
local GUARD_HEAD, GUARD_TEXT = '>I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4', '>I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4B'
local GUARD_HEAD_BYTES = 64
local GUARD_RING_BYTES = 112
-- Fewer verified ones say nothing of what is usual.
local GUARD_SAMPLE = 100

-- A scope in Lua is a list, because a table with names takes several times as long to make: the integers as they are packed,
-- then the days, the countries, whether days that are over are kept, and what guard_decide.lua works out of it.
local HOUR, HD, HDP, HS, HSP, HV, HVP, DAY, DD, DDP, DS, DSP, DV, DVP, PEAK, USUAL = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
local RING, COUNTRIES, KEEPS = 17, 18, 19
local HOUR_COUNT, DAY_COUNT, EXCESS_HOUR, MOST_HOUR, EXCESS_DAY, MOST_DAY, AT, NAME = 20, 21, 22, 23, 24, 25, 26, 27

-- The day that is over joins the others; days without anything are zeros.
--- @rare
local function guard_next_day(scope, day)
  local gap = math.min(day - scope[DAY], 14)
  if scope[KEEPS] then
    local ring = scope[RING] .. struct.pack('>I4I4', scope[DS], scope[DV]) .. string.rep(struct.pack('>I4I4', 0, 0), gap - 1)
    ring = string.sub(ring, -GUARD_RING_BYTES)
    local peak, starts, verified = 0, 0, 0
    for at = 1, #ring, 8 do
      local s, v = struct.unpack('>I4I4', ring, at)
      peak, starts, verified = math.max(peak, v), starts + s, verified + v
    end
    scope[RING], scope[PEAK], scope[USUAL] = ring, peak, 0
    if verified >= GUARD_SAMPLE then
      -- At most as many as verified: an attack must not teach that attacks are usual.
      scope[USUAL] = math.max(1, math.min(1000, math.floor((starts - verified) * 1000 / verified)))
    end
  end
  if gap == 1 then
    scope[DDP], scope[DSP], scope[DVP] = scope[DD], scope[DS], scope[DV]
  else
    scope[DDP], scope[DSP], scope[DVP] = 0, 0, 0
  end
  scope[DD], scope[DS], scope[DV], scope[DAY], scope[COUNTRIES] = 0, 0, 0, day, ''
end

-- Reads a scope as it is at `now`. `text` is false where there is none. `keeps`: days that are over are kept.
local function guard_read(text, now, keeps)
  local hour, day = math.floor(now / GUARD_HOUR_MS), math.floor(now / GUARD_DAY_MS)
  local hour_of, hd, hdp, hs, hsp, hv, hvp, day_of, dd, ddp, ds, dsp, dv, dvp, peak, usual =
    hour, 0, 0, 0, 0, 0, 0, day, 0, 0, 0, 0, 0, 0, 0, 0
  local ring, countries = '', ''
  if text then
    hour_of, hd, hdp, hs, hsp, hv, hvp, day_of, dd, ddp, ds, dsp, dv, dvp, peak, usual = struct.unpack(GUARD_HEAD, text)
    if #text > GUARD_HEAD_BYTES + 1 then
      local ring_end = GUARD_HEAD_BYTES + 1 + 8 * string.byte(text, GUARD_HEAD_BYTES + 1)
      ring, countries = string.sub(text, GUARD_HEAD_BYTES + 2, ring_end), string.sub(text, ring_end + 1)
    end
  end
  if hour > hour_of then
    if hour == hour_of + 1 then
      hdp, hsp, hvp = hd, hs, hv
    else
      hdp, hsp, hvp = 0, 0, 0
    end
    hd, hs, hv, hour_of = 0, 0, 0, hour
  end
  local scope = {
    hour_of, hd, hdp, hs, hsp, hv, hvp, day_of, dd, ddp, ds, dsp, dv, dvp, peak, usual, ring, countries, keeps,
    0, 0, -1, -1, -1, -1, 0, '',
  }
  if day > day_of then
    guard_next_day(scope, day)
  end
  return scope
end

local function guard_write(key, scope)
  local days_kept = #scope[RING] / 8
  local text = struct.pack(GUARD_TEXT, scope[1], scope[2], scope[3], scope[4], scope[5], scope[6], scope[7], scope[8], scope[9],
    scope[10], scope[11], scope[12], scope[13], scope[14], scope[15], scope[16], days_kept)
  if days_kept > 0 or scope[COUNTRIES] ~= '' then
    text = text .. scope[RING] .. scope[COUNTRIES]
  end
  -- What never had anything verified has nothing to remember for longer than its windows.
  local days = scope[KEEPS] and (scope[PEAK] > 0 or scope[DV] > 0 or scope[DVP] > 0) and 15 or 2
  redis.call('SET', key, text, 'PX', days * GUARD_DAY_MS)
end

local function guard_bounded(number)
  return number < 0 and 0 or number > 4294967295 and 4294967295 or number
end

-- Adds to the buckets of now; what was counted in an earlier one is not taken back from it.
local function guard_add(scope, deliveries, starts, verified)
  scope[HD], scope[DD] = guard_bounded(scope[HD] + deliveries), guard_bounded(scope[DD] + deliveries)
  if starts ~= 0 then
    scope[HS], scope[DS] = guard_bounded(scope[HS] + starts), guard_bounded(scope[DS] + starts)
  end
  if verified ~= 0 then
    scope[HV], scope[DV] = guard_bounded(scope[HV] + verified), guard_bounded(scope[DV] + verified)
  end
end

-- What a cap counted today: deliveries, and millionths of the currency.
local function guard_cap_read(text)
  if not text then
    return 0, 0
  end
  return struct.unpack('>dd', text)
end

local function guard_cap_write(key, deliveries, micros)
  redis.call('SET', key, struct.pack('>dd', math.max(0, deliveries), math.max(0, micros)), 'PX', 2 * GUARD_DAY_MS)
end
