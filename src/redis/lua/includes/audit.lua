-- Audit entries that wait for the records. All keys share one hash tag:
--   {audit}:queue   stream, field `entry`: those that are final, oldest first
--   {audit}:begun   hash: id → entry as it is recorded where its end is never reported
--   {audit}:times   sorted set: id → when it was begun, ms

local BEGUN, TIMES = '{audit}:begun', '{audit}:times'
