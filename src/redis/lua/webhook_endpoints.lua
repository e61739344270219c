#!lua flags=no-writes
--[[
Reads all endpoints (webhook_endpoint.lua).

KEYS[1]  {webhooks}:endpoints
ARGV[1]  version that is known ('': none)

Returns  {version}, and where it is another one: {version, "<revision> <JSON>", ...}
]]
local version = redis.call('GET', '{webhooks}:version') or ''
if version == ARGV[1] and version ~= '' then
  return { version }
end
local reply = redis.call('HVALS', KEYS[1])
table.insert(reply, 1, version)
return reply
