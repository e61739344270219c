-- The open codes of a verification, newest first. The newest lies in the fields that a gateway one version older knows
-- (code, code_length, code_delivery, code_parts, code_until), the rest of what is known of it in
--   code_info     JSON: d delivery, s source ('own', 'derived' or 'app'), o odds of one guess, ok how many of the deliveries
--                 that carry it were delivered, r hash of the recipient
--   codes_older   JSON array of the others: h hash, l digits, p parts, u ms until which it is accepted, and the same

-- One that is open, without what code_info has; see `with_info`.
local function open_codes(record)
  if record.codes then
    return record.codes
  end
  local codes = {}
  if record.code ~= '' then
    codes[1] = {
      h = record.code, l = tonumber(record.code_length), d = tonumber(record.code_delivery),
      p = tonumber(record.code_parts), u = tonumber(record.code_until),
    }
  end
  if record.codes_older ~= '' then
    for _, code in ipairs(cjson.decode(record.codes_older)) do
      codes[#codes + 1] = code
    end
  end
  record.codes = codes
  return codes
end

-- The open codes with everything that is known of them.
local function with_info(record)
  local codes = open_codes(record)
  local newest = codes[1]
  if newest and not newest.s then
    local info = record.code_info ~= '' and cjson.decode(record.code_info) or {}
    if info.d ~= newest.d then
      -- A gateway one version older wrote this code.
      local delivered = record.status == 'delivered' or record.standing == 'delivered'
      info = { s = 'own', ok = delivered and 1 or 0 }
    end
    newest.s, newest.o, newest.ok, newest.r = info.s, info.o or 10 ^ -newest.l, info.ok, info.r
  end
  return codes
end

local function write_info(record, code)
  set(record, 'code_info', cjson.encode({ d = code.d, s = code.s, o = code.o, ok = code.ok, r = code.r }))
end

local function write_older(record, codes)
  if #codes < 2 and record.codes_older == '' then
    return
  end
  local older = {}
  for i = 2, #codes do
    older[#older + 1] = codes[i]
  end
  set(record, 'codes_older', #older > 0 and cjson.encode(older) or '')
end

local function write_codes(record, codes)
  local newest = codes[1]
  record.codes = codes
  if newest then
    set(record, 'code', newest.h)
    set(record, 'code_length', newest.l)
    set(record, 'code_delivery', newest.d)
    set(record, 'code_parts', newest.p)
    set(record, 'code_until', string.format('%.0f', newest.u))
    write_info(record, newest)
  elseif record.code ~= '' then
    set(record, 'code', '')
  end
  write_older(record, codes)
end

-- Closes the codes whose time is over.
local function expire_codes(record, now)
  if record.code == '' or (record.codes_older == '' and now < tonumber(record.code_until)) then
    return
  end
  local open, kept = with_info(record), {}
  for _, code in ipairs(open) do
    if now < code.u then
      kept[#kept + 1] = code
    end
  end
  if #kept < #open then
    write_codes(record, kept)
  end
end

-- Counts that a delivery (its number) was delivered, or (`by` -1) turned out not to be.
local function count_delivered(record, number, by)
  for i, code in ipairs(with_info(record)) do
    if code.d == number then
      code.ok = math.max(0, code.ok + by)
      if i == 1 then
        write_info(record, code)
      else
        write_older(record, record.codes)
      end
      return
    end
  end
end

-- Whether the person may have a code that is accepted at that time.
local function has_delivered_code(record, at)
  if record.code == '' then
    return false
  end
  for _, code in ipairs(with_info(record)) do
    if code.ok > 0 and at < code.u then
      return true
    end
  end
  return false
end

-- The length at which a guess has too good odds, over all open codes of that length; nil: none.
local function length_over_odds(codes)
  local odds = {}
  for _, code in ipairs(codes) do
    odds[code.l] = (odds[code.l] or 0) + code.o
    -- The sum is of rounded numbers.
    if odds[code.l] * WRONG_CHECKS_PER_CALLEE > MAX_GUESS_PROBABILITY * (1 + 1e-9) then
      return code.l
    end
  end
  return nil
end

-- Opens a code. A channel's own code replaces its older one, a derived or an app's code the older one of the same
-- recipient; the same code again is one code that the newer delivery carries. Voids the oldest of that length while the
-- odds of one guess, over all of that length, are too good.
local function open_code(record, code)
  local codes = { code }
  for _, other in ipairs(with_info(record)) do
    if other.h == code.h and other.l == code.l then
      code.ok = other.ok
      code.u = math.max(code.u, other.u)
    elseif other.s ~= code.s or (code.s ~= 'own' and other.r ~= code.r) then
      codes[#codes + 1] = other
    end
  end
  local length = #codes > 1 and length_over_odds(codes)
  while length do
    local oldest = #codes
    while codes[oldest].l ~= length do
      oldest = oldest - 1
    end
    if oldest == 1 then
      break
    end
    table.remove(codes, oldest)
    length = length_over_odds(codes)
  end
  write_codes(record, codes)
end
