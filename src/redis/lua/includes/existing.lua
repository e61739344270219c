-- Starting is idempotent on the id. Needs "record".

-- The answer where a verification has this id already, nil where none has.
local function answer_existing(key, app, now)
  if redis.call('EXISTS', key) == 0 then
    return nil
  end
  local existing = load(key, app)
  if not existing then
    return { 'not_found' }
  end
  settle(existing, now)
  save(key, existing)
  return answer(key, 'exists', 0, existing.ended_now)
end
