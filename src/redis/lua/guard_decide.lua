#!lua
--[[
Judges a delivery by all limits that count, and counts it where none is reached.

KEYS[1]  {g:<app>}:w   stem of the scopes (includes/guard.lua); of the operator's own caps in a cluster {g:}:w
ARGV[1]  now in ms (tests), or ''          ARGV[5]  percent of the verified ones that may stay unverified beyond what is usual
ARGV[2]  '1': starts a verification        ARGV[6]  starts of an hour that may still be in progress
ARGV[3]  its cost, in millionths           ARGV[7]  what is usual before it is learned: unverified ones to 1000 verified ones
ARGV[4]  its country, or ''                ARGV[8]  '1': it goes on where a scope's limit is
                                                      reached, so it counts for the caps
                                             ARGV[9]  how many caps follow
         of each cap: key without the day, most deliveries, most millionths (0: no such limit)
         of each scope: suffix, deliveries in an hour, in a day (0: no such limit), least threshold of a day and of an hour
         of its unverified starts (0: none is learned). Those of prefixes and ranges (`p:…`, `r:…`), of
         domains (`m:…`) and countries (`c:…`) come before that of the app (`a:`); that of an address is `i:…`

Returns  {0, '', 0, countries}, or what is reached: {number (caps first, from 1), 'deliveries', 'cost', 'hour', 'day',
         'learned_hour' or 'learned_day', ms until a delivery may be allowed, countries, figures…}.
         countries: that deliveries of this address went to today, with this one
         figures, of each cap: deliveries, millionths; of each scope: deliveries in the hour, in the day, then of unverified
         starts in excess of what is usual: in the hour, threshold, in the day, threshold (-1: not learned)
]]
--- @include "guard"

-- When the part of the bucket before and this one together fall to the limit, if nothing is added.
local function wait_for(before, current, limit, part, width)
  if current <= limit then
    -- What is exactly at its limit may have no bucket before it, and is over with its own.
    local rest = before > 0 and (limit - current) / before or 0
    return math.ceil((1 - rest - part) * width) + 1
  end
  -- In the next bucket this one is the one before.
  return math.ceil((1 - part) * width + (1 - limit / current) * width) + 1
end

-- What verified before, and is not attacked itself, is not held up by starts elsewhere in its country and its app. So many
-- verified ones make it known.
local KNOWN = { ['p:'] = 1, ['r:'] = 3, ['m:'] = 3, ['c:'] = 3 }

-- Thresholds are the same in call after call.
local NUMBERS = {}

local function number_of(text)
  local number = NUMBERS[text]
  if not number then
    number = tonumber(text)
    NUMBERS[text] = number
  end
  return number
end

-- In place of math.max: a call into C costs more than all else here.
local function greater(a, b)
  return a > b and a or b
end

-- Unverified starts in excess of what is usual: of the bucket before, and of this one.
local function excess(usual, before_s, before_v, s, v)
  local factor = 1 + usual / 1000
  return greater(0, before_s - before_v * factor), s - v * factor
end

local now, starts, cost, country = time_ms(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local percent, in_flight, prior = number_of(ARGV[5]), number_of(ARGV[6]), number_of(ARGV[7])
local goes_on, caps = ARGV[8] == '1', tonumber(ARGV[9])
local first_scope = 10 + 3 * caps
local day_now = math.floor(now / GUARD_DAY_MS)
local hour_part, day_part = now % GUARD_HOUR_MS / GUARD_HOUR_MS, now % GUARD_DAY_MS / GUARD_DAY_MS

local keys = {}
for i = 10, first_scope - 1, 3 do
  keys[#keys + 1] = ARGV[i] .. day_now
end
for i = first_scope, #ARGV, 5 do
  keys[#keys + 1] = KEYS[1] .. ':' .. ARGV[i]
end
local texts = redis.call('MGET', unpack(keys))

local reached, kind, retry = 0, '', 0

-- The first limit that is reached decides; a delivery is allowed when the last one of them is over.
local function reach(index, what, wait)
  if reached == 0 then
    reached, kind = index, what
  end
  retry = math.max(retry, wait)
end

local cap_counts = {}
for i = 1, caps do
  local at = 7 + 3 * i
  local deliveries, micros = guard_cap_read(texts[i])
  cap_counts[i] = { deliveries, micros }
  local most_deliveries, most_micros = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  if most_deliveries > 0 and deliveries >= most_deliveries then
    reach(i, 'deliveries', (day_now + 1) * GUARD_DAY_MS - now)
  elseif most_micros > 0 and micros + cost > most_micros then
    reach(i, 'cost', (day_now + 1) * GUARD_DAY_MS - now)
  end
end

local scopes, countries = {}, 0
for i = caps + 1, #keys do
  local at = first_scope + 5 * (i - caps - 1)
  local suffix = ARGV[at]
  local name = string.sub(suffix, 1, 2)
  local scope = guard_read(texts[i], now, name ~= 'i:')
  scope[AT], scope[NAME] = at, name
  scope[HOUR_COUNT] = scope[HDP] * (1 - hour_part) + scope[HD]
  scope[DAY_COUNT] = scope[DDP] * (1 - day_part) + scope[DD]
  scopes[#scopes + 1] = scope
  if name == 'i:' and country ~= '' then
    if not string.find(scope[COUNTRIES], country .. ' ', 1, true) and #scope[COUNTRIES] < 60 then
      scope[COUNTRIES] = scope[COUNTRIES] .. country .. ' '
    end
    countries = #scope[COUNTRIES] / 3
  end
  local most_hour, most_day = number_of(ARGV[at + 1]), number_of(ARGV[at + 2])
  if most_hour > 0 and scope[HOUR_COUNT] + 1 > most_hour then
    reach(i, 'hour', wait_for(scope[HDP], scope[HD], most_hour - 1, hour_part, GUARD_HOUR_MS))
  end
  if most_day > 0 and scope[DAY_COUNT] + 1 > most_day then
    reach(i, 'day', wait_for(scope[DDP], scope[DD], most_day - 1, day_part, GUARD_DAY_MS))
  end
end

local known, known_country = false, false

for index, scope in ipairs(scopes) do
  local floor_day, floor_hour = number_of(ARGV[scope[AT] + 3]), number_of(ARGV[scope[AT] + 4])
  if floor_day > 0 then
    local verified_day, verified_hour = scope[DVP] * (1 - day_part) + scope[DV], scope[HVP] * (1 - hour_part) + scope[HV]
    scope[MOST_DAY] = greater(floor_day, percent / 100 * greater(scope[PEAK], verified_day))
    local usual = scope[USUAL] > 0 and scope[USUAL] or prior
    local before, current = excess(usual, scope[DSP], scope[DVP], scope[DS], scope[DV])
    scope[EXCESS_DAY] = greater(0, before * (1 - day_part) + current)
    -- A range is too wide to be refused by itself.
    local holds = starts == 1 and scope[NAME] ~= 'r:' and
      not ((scope[NAME] == 'c:' and known) or (scope[NAME] == 'a:' and (known or known_country)))
    if holds and scope[EXCESS_DAY] >= scope[MOST_DAY] then
      reach(caps + index, 'learned_day', wait_for(before, current, scope[MOST_DAY], day_part, GUARD_DAY_MS))
    end
    if floor_hour > 0 then
      before, current = excess(usual, scope[HSP], scope[HVP], scope[HS], scope[HV])
      scope[MOST_HOUR] = in_flight + greater(floor_hour, greater(scope[MOST_DAY] / 6, percent / 100 * verified_hour))
      scope[EXCESS_HOUR] = greater(0, before * (1 - hour_part) + current)
      if holds and scope[EXCESS_HOUR] >= scope[MOST_HOUR] then
        reach(caps + index, 'learned_hour', wait_for(before, current, scope[MOST_HOUR], hour_part, GUARD_HOUR_MS))
      end
    end
    local least = KNOWN[scope[NAME]]
    if least and (scope[PEAK] >= least or scope[DV] + scope[DVP] >= least) and scope[EXCESS_DAY] < scope[MOST_DAY] and
      (floor_hour == 0 or scope[EXCESS_HOUR] < scope[MOST_HOUR]) then
      known, known_country = known or scope[NAME] ~= 'c:', known_country or scope[NAME] == 'c:'
    end
  end
end

if reached == 0 or (goes_on and reached > caps) then
  for i = 1, caps do
    guard_cap_write(keys[i], cap_counts[i][1] + 1, cap_counts[i][2] + cost)
  end
end
if reached == 0 then
  for index, scope in ipairs(scopes) do
    guard_add(scope, 1, starts, 0)
    guard_write(keys[caps + index], scope)
  end
  return { 0, '', 0, countries }
end
local reply = { reached, kind, retry, countries }
for i = 1, caps do
  reply[#reply + 1] = math.floor(cap_counts[i][1])
  reply[#reply + 1] = math.floor(cap_counts[i][2])
end
for _, scope in ipairs(scopes) do
  for figure = HOUR_COUNT, MOST_DAY do
    reply[#reply + 1] = math.floor(scope[figure])
  end
end
return reply
