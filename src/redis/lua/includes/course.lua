-- Simulated deliveries: nothing is sent, and nobody is contacted. A record has
--   simulated   'test' (a test number) or 'shadow' (the guard's answer to an attacker) of a verification that is simulated from
--               its first delivery on, 'late' of one that has had the shadow answer since a later one; '' of all others
--   course      what is to happen to its newest delivery, a line each, the next one first:
--               "<ms> <c|k> <event> <reason or -> <cost or -> <result (JSON)>", '' where nothing is. c: the end of the
--               verification cuts it off, as a call is hung up; k: it goes on, as a message that was sent does
-- The times are among the due items, so any gateway goes on with it.

--- @include "callee"

-- When the next line is due, ms.
--- @rare
local function course_due(record)
  return tonumber(string.match(record.course, '^%d+'))
end

--- @rare
local function next_in_course(record)
  local at, event, reason, cost, result, rest =
    string.match(record.course, '^(%d+) %a (%S+) (%S+) (%S+) ([^\n]*)\n?(.*)$')
  return tonumber(at), event, reason ~= '-' and reason or '', cost ~= '-' and cost or '', result, rest
end

--- @rare
local function cut_course(record)
  if string.match(record.course, '^%d+ c') then
    set_rare(record, 'course', '')
  end
end

-- Its call is over: another may begin.
--- @rare
local function release_callee(record)
  local keys = callee_keys(record.key, record.callee, record.app, record.simulated)
  if holds(keys, attempt_id(id_of(record), record.first_attempt)) then
    redis.call('DEL', keys.stem .. ':live')
  end
end

-- The lines with times from now on, as a gateway gives them.
--- @rare
local function course_from(now, text)
  local lines = {}
  for after, rest in string.gmatch(text, '(%d+) ([^\n]*)') do
    lines[#lines + 1] = string.format('%.0f ', now + tonumber(after)) .. rest
  end
  return table.concat(lines, '\n')
end

-- Writes what is simulated of the delivery that begins.
--- @rare
local function begin_course(record, simulated, course, first)
  if record.simulated == '' then
    set_rare(record, 'simulated', first and simulated or 'late')
  end
  set_rare(record, 'course', course)
end
