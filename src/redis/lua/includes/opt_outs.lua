-- Rows of opt-outs (opt_out_find.lua).

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
