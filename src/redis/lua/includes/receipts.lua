-- Receipts that came before the answer to the submit that they belong to. Each shard has
--   {r<shard>}:e:<hash of the receipt's id>   string: "<state> <reason> <result (JSON)>"
--   {r<shard>}:early                          sorted set: hash → when it is forgotten, ms

local function early_keys(message_key)
  local stem, member = string.match(message_key, '^({r%d+}:)m:(.+)$')
  return { report = stem .. 'e:' .. member, all = stem .. 'early', member = member }
end
