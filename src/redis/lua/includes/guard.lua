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
local GUARD_HEAD = '>I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4'
local GUARD_HEAD_BYTES = 64
local GUARD_RING_BYTES = 112
-- Fewer verified ones say nothing of what is usual.
local GUARD_SAMPLE = 100

-- The day that is over joins the others; days without anything are zeros.
--- @rare
local function guard_next_day(scope, day, keeps)
  local gap = math.min(day - scope.day, 14)
  if keeps then
    local ring = scope.ring .. struct.pack('>I4I4', scope.ds, scope.dv) .. string.rep(struct.pack('>I4I4', 0, 0), gap - 1)
    ring = string.sub(ring, -GUARD_RING_BYTES)
    local peak, starts, verified = 0, 0, 0
    for at = 1, #ring, 8 do
      local s, v = struct.unpack('>I4I4', ring, at)
      peak, starts, verified = math.max(peak, v), starts + s, verified + v
    end
    scope.ring, scope.peak, scope.usual = ring, peak, 0
    if verified >= GUARD_SAMPLE then
      -- At most as many as verified: an attack must not teach that attacks are usual.
      scope.usual = math.max(1, math.min(1000, math.floor((starts - verified) * 1000 / verified)))
    end
  end
  if gap == 1 then
    scope.ddp, scope.dsp, scope.dvp = scope.dd, scope.ds, scope.dv
  else
    scope.ddp, scope.dsp, scope.dvp = 0, 0, 0
  end
  scope.dd, scope.ds, scope.dv, scope.day, scope.countries = 0, 0, 0, day, ''
end

-- Reads a scope as it is at `now`. `text` is false where there is none. `keeps`: days that are over are kept. All fields are
-- there at once, also those of guard_decide.lua: a table that grows is made anew each time.
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
    hour = hour_of, hd = hd, hdp = hdp, hs = hs, hsp = hsp, hv = hv, hvp = hvp, day = day_of, dd = dd, ddp = ddp,
    ds = ds, dsp = dsp, dv = dv, dvp = dvp, peak = peak, usual = usual, ring = ring, countries = countries, keeps = keeps,
    hour_count = 0, day_count = 0, excess_hour = -1, most_hour = -1, excess_day = -1, most_day = -1, at = 0, name = '',
  }
  if day > day_of then
    guard_next_day(scope, day, keeps)
  end
  return scope
end

local function guard_write(key, scope)
  local head = struct.pack(GUARD_HEAD, scope.hour, scope.hd, scope.hdp, scope.hs, scope.hsp, scope.hv, scope.hvp, scope.day,
    scope.dd, scope.ddp, scope.ds, scope.dsp, scope.dv, scope.dvp, scope.peak, scope.usual)
  local text = head .. string.char(#scope.ring / 8) .. scope.ring .. scope.countries
  -- What never had anything verified has nothing to remember for longer than its windows.
  local days = scope.keeps and (scope.peak > 0 or scope.dv > 0 or scope.dvp > 0) and 15 or 2
  redis.call('SET', key, text, 'PX', days * GUARD_DAY_MS)
end

local function guard_bounded(number)
  return math.max(0, math.min(number, 4294967295))
end

-- Adds to the buckets of now; what was counted in an earlier one is not taken back from it.
local function guard_add(scope, deliveries, starts, verified)
  scope.hd, scope.dd = guard_bounded(scope.hd + deliveries), guard_bounded(scope.dd + deliveries)
  scope.hs, scope.ds = guard_bounded(scope.hs + starts), guard_bounded(scope.ds + starts)
  scope.hv, scope.dv = guard_bounded(scope.hv + verified), guard_bounded(scope.dv + verified)
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
