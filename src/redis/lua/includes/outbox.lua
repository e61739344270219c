-- Public events. A script that changes a verification notes its events; `save` counts them (`seq`, from 1, without gaps) and
-- writes them with the change: so none is lost with a gateway. Each is a line, kept twice:
--   in the record     field h<seq>, for whoever reads the verification's events again
--   in the outbox     one entry a change, for the relay: i id, s the first line's seq, h the lines, and the values that they
--                     need no other read for (a JSON array): f the public fields, where the verification began or has ended,
--                     or the line is not of its newest delivery; else d the newest delivery's (`delivery_json`), where that
--                     is over or a call of it; else p the few that say whose it is (`progressFields`)
-- A line: kind, ms, number of the delivery, part, channel, state, status, 1 where the delivery is over, and the rest.
-- kind, rest: S started, ms when it expires · D delivery began or moved, its reason; without it that of the line before of its
-- delivery and part · C evidence of a call, of several calls the evidence (JSON) of this one · E ended.

-- Notes an event of the newest delivery.
local function note(record, kind, at, part, rest)
  local over = record.delivery_ended_at ~= ''
  local line = kind .. ' ' .. text_of(at) .. ' ' .. record.number .. ' ' .. text_of(part) .. ' ' .. record.channel .. ' '
    .. record.state .. ' ' .. record.status .. (over and ' 1 ' or ' 0 ') .. rest
  local lines = record.lines
  record.with_delivery = record.with_delivery or kind == 'C' or over
  if not lines then
    record.lines = { line }
  else
    lines[#lines + 1] = line
  end
end

-- The same of an older one.
--- @rare
local function note_older(record, kind, at, number, one)
  local over = one.ended_at ~= '' and 1 or 0
  local rest = kind == 'D' and one.reason or ''
  local parts = { kind, text_of(at), number, 1, one.channel, one.state, record.status, over, rest }
  record.lines = record.lines or {}
  record.lines[#record.lines + 1] = table.concat(parts, ' ')
  record.whole = true
end

-- Counts the events, and adds them to what is written of the record.
--- @rare
local function count_events(record)
  if record.ended_now and not record.end_noted then
    -- Its fields say all else.
    record.lines = record.lines or {}
    record.lines[#record.lines + 1] = 'E ' .. record.ended_at .. ' 0 1 - - ' .. record.status .. ' 1 '
    record.end_noted = true
  end
  local seq, changes = tonumber(record.seq or redis.call('HGET', record.key, 'seq')), record.changes
  for _, line in ipairs(record.lines or {}) do
    seq = seq + 1
    local at = #changes
    changes[at + 1], changes[at + 2] = 'h' .. text_of(seq), line
    if string.byte(line) == 68 then
      record.moved = seq
    end
  end
  if record.lines then
    set(record, 'seq', seq)
  end
end

-- Adds an entry. A new outbox gets its lifetime here, one that is there from the relay.
local function add_entry(outbox, ...)
  if not redis.call('XADD', outbox, 'NOMKSTREAM', 'MAXLEN', '~', OUTBOX_MAX, '*', ...) then
    redis.call('XADD', outbox, '*', ...)
    redis.call('PEXPIRE', outbox, OUTBOX_TTL_MS)
  end
end

-- Writes the entry, after the record.
--- @rare
local function write_entry(record)
  local lines, name, values = record.lines, 'p', nil
  local first = tonumber(record.seq) - #lines + 1
  if record.whole or TERMINAL[record.status] then
    name, values = 'f', record.complete and public_of(record) or public_json(record.key)
    -- The answer has them too.
    record.public = values
  elseif record.with_delivery then
    name, values = 'd', delivery_json(record)
  else
    values = cjson.encode({ record.app, record.to, record.reference, record.reason, record.delivery_to, record.simulated })
  end
  record.lines, record.whole, record.with_delivery = nil, nil, nil
  add_entry(outbox_of(record.key), 'i', id_of(record), 's', text_of(first), 'h', #lines == 1 and lines[1] or table.concat(lines, '\n'), name, values)
end
