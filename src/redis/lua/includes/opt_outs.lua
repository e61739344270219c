-- Rows of opt-outs.
--   {optouts}:all        hash: keyed hash of a recipient → row as JSON: r (revision), e: app or '*' → {state, ms, source},
--                        u (1: it was changed while the records could not be asked, and lacks what they have)
--   {optouts}:complete   '1': it has all rows that the records had

-- Adds what another row of the same recipient has: of each app the later entry. The row is whole then, and newer than both were.
local function merge_row(row, other)
  for app, entry in pairs(other.e) do
    local own = row.e[app]
    if not own or own[2] < entry[2] then
      row.e[app] = entry
    end
  end
  row.r = math.max(row.r, other.r)
  row.u = nil
end

-- Greater than that of a row which was removed, too: what a slow gateway still does about that one must not end this one.
local function next_revision(row)
  row.r = math.max(row.r, tonumber(redis.call('GET', '{optouts}:revision') or 0)) + 1
  redis.call('SET', '{optouts}:revision', row.r)
end
