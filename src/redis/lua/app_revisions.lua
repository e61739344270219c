#!lua flags=no-writes
--[[
Reads the revision of each app, or one app (app_put.lua).

KEYS[1]  {apps}:rows
ARGV[1]  app ('': the revisions of all)

Returns  {JSON}, {} where there is no such app, or {app, revision, …}
]]
if ARGV[1] ~= '' then
  local row = redis.call('HGET', KEYS[1], ARGV[1])
  return row and { row } or {}
end
return redis.call('HGETALL', '{apps}:revisions')
