#!lua flags=no-writes
--[[
Reads rows of opt-outs.

KEYS[1]  {optouts}:all        hash: keyed hash of a recipient → row as JSON: r (revision), e: app or '*' → {state, ms, source},
                              u (1: it was changed while the records could not be asked, and lacks what they have)
         {optouts}:complete   '1': it has all rows that the records had
ARGV[1] …  hashes of recipients

Returns  {1 where it is complete, row or false, …}
]]
local reply = { redis.call('EXISTS', '{optouts}:complete') }
if #ARGV > 0 then
  for _, row in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV))) do
    reply[#reply + 1] = row
  end
end
return reply
