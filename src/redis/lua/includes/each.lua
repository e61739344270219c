-- For a script that takes several keys, with as many arguments each: what one gateway asked for in one turn of its event
-- loop goes in one call (together-calls.ts). Returns the replies in their order; one that failed leaves the others as they are.
-- @param work of a key, and of the place in ARGV before its first argument
local function each(work)
  local replies, arguments = {}, #ARGV / #KEYS
  for i, key in ipairs(KEYS) do
    local done, reply = pcall(work, key, (i - 1) * arguments)
    replies[i] = done and reply or { 'failed', type(reply) == 'table' and reply.err or tostring(reply) }
  end
  return replies
end
