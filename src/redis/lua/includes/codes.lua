-- The open codes of a verification, newest first. The newest lies in the fields that a gateway one version older knows
-- (code, code_length, code_delivery, code_parts, code_until), the rest of what is known of it in
--   code_info     "<d> <s> <o> <r> <ok>": d delivery, s source ('own', 'derived' or 'app'), o odds of one guess, r hash of
--                 the recipient or '-', ok the numbers of the deliveries that carry it and were delivered
--   codes_older   JSON array of the others: h hash, l digits, p parts, u ms until which it is accepted, and the same

-- The delivery that carries the newest code. Most checks and reads need not know it.
--- @rare
local function code_delivery(record)
  return tonumber(record.code_delivery or redis.call('HGET', record.key, 'code_delivery'))
end

-- One that is open, without what code_info has; see `with_info`.
local function open_codes(record)
  if record.codes then
    return record.codes
  end
  local codes = {}
  if record.code ~= '' then
    codes[1] = {
      h = record.code, l = tonumber(record.code_length), d = code_delivery(record),
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

local function read_info(text)
  local d, s, o, r, delivered = string.match(text, '^(%d+) (%S+) (%S+) (%S+)(.*)$')
  local ok = {}
  for number in string.gmatch(delivered or '', '%d+') do
    ok[#ok + 1] = tonumber(number)
  end
  return { d = tonumber(d), s = s, o = tonumber(o), ok = ok, r = r ~= '-' and r or nil }
end

-- The open codes with everything that is known of them.
local function with_info(record)
  local codes = open_codes(record)
  local newest = codes[1]
  if newest and not newest.s then
    local stored = record.code_info or redis.call('HGET', record.key, 'code_info') or ''
    local info = read_info(stored)
    if info.d ~= newest.d then
      -- A gateway one version older wrote this code.
      local delivered = record.status == 'delivered' or record.standing == 'delivered'
      info = { s = 'own', ok = delivered and { newest.d } or {} }
    end
    newest.s, newest.o, newest.ok, newest.r = info.s, info.o or 10 ^ -newest.l, info.ok, info.r
  end
  return codes
end

local function info_text(d, s, o, r)
  return d .. ' ' .. s .. ' ' .. o .. ' ' .. (r or '-')
end

local function write_info(record, code)
  local text = info_text(code.d, code.s, code.o, code.r)
  for _, number in ipairs(code.ok) do
    text = text .. ' ' .. number
  end
  set(record, 'code_info', text)
end

local function write_older(record, codes)
  if #codes < 2 and record.codes_older == '' then
    return
  end
  local older = {}
  for i = 2, #codes do
    older[#older + 1] = codes[i]
  end
  set_rare(record, 'codes_older', #older > 0 and cjson.encode(older) or '')
end

local function write_codes(record, codes)
  local newest = codes[1]
  record.codes = codes
  if newest then
    set(record, 'code', newest.h)
    set(record, 'code_length', newest.l)
    set(record, 'code_delivery', newest.d)
    set(record, 'code_parts', newest.p)
    set(record, 'code_until', string.format('%d', newest.u))
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

local function write_delivered(record, i)
  if i == 1 then
    write_info(record, record.codes[1])
  else
    write_older(record, record.codes)
  end
end

-- Notes that a delivery (its number) was delivered, and with it its code.
local function note_delivered(record, number)
  for i, code in ipairs(with_info(record)) do
    if code.d == number then
      code.ok[#code.ok + 1] = number
      write_delivered(record, i)
    end
  end
end

-- The same of the first delivery of a record without rare fields. Returns whether that was all.
local function note_first_delivered(record)
  if record.code == '' then
    return true
  end
  local info = not record.codes and record.code_info
  if not info or string.sub(info, 1, 2) ~= '1 ' then
    return false
  end
  set(record, 'code_info', info .. ' 1')
  return true
end

-- Notes that a delivery that was taken for delivered was not.
local function note_failed(record, number)
  for i, code in ipairs(with_info(record)) do
    for k = #code.ok, 1, -1 do
      if code.ok[k] == number then
        table.remove(code.ok, k)
        write_delivered(record, i)
      end
    end
  end
end

-- Whether the person may have a code that is accepted at that time.
local function has_delivered_code(record, at)
  if record.code == '' then
    return false
  end
  for _, code in ipairs(with_info(record)) do
    if #code.ok > 0 and at < code.u then
      return true
    end
  end
  return false
end

-- Of several open codes: the fewest parts of those with so many digits, the delivery that carries the one with this hash
-- (the newest that does), the digits of the newest code; nil each where there is none.
--- @rare
local function match_several(record, length, hash)
  local codes, parts, proof = open_codes(record), nil, nil
  for _, code in ipairs(codes) do
    if code.l == length then
      parts = math.min(parts or code.p, code.p)
      if code.h == hash then
        proof = proof or code.d
      end
    end
  end
  return parts, proof, codes[1] and codes[1].l
end

-- The same of all open codes.
local function match_code(record, length, hash)
  if record.codes_older ~= '' then
    return match_several(record, tonumber(length), hash)
  end
  if record.code == '' then
    return nil
  end
  local digits = tonumber(record.code_length)
  if length ~= record.code_length then
    return nil, nil, digits
  end
  return tonumber(record.code_parts), hash == record.code and code_delivery(record) or nil, digits
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
