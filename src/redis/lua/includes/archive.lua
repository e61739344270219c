-- Keeps the delivery that is no longer the newest one, in the form in which it is read: JSON strings stay strings.
local function archive(record)
  local kept = redis.call('HMGET', record.key, 'reason', 'delivery_started_at', 'details', 'result', 'past',
    'delivery_code_length', 'delivery_to', 'cost', 'guard', 'network')
  local one = cjson.encode({
    channel = record.channel, state = record.state, reason = kept[1] or '', parts = record.parts,
    parts_delivered = record.parts_delivered, started_at = kept[2], ended_at = record.delivery_ended_at,
    details = kept[3], result = kept[4] or '', code_length = kept[6] or nil, to = kept[7] or nil, cost = kept[8] or nil,
    guard = kept[9] or nil, network = kept[10] or nil, attempts = record.attempts,
  })
  set(record, 'past', (kept[5] or '') == '' and '[' .. one .. ']' or string.sub(kept[5], 1, -2) .. ',' .. one .. ']')
end
