
-- Gives a buried task another life.
--
-- KEYS: 1 the buried by id, 2 the buried by instant, 3 how many bytes the buried are.
-- ARGV: 1 its id, 2 now, 3 what our own keys begin with.
-- Returns 1, and 0 if no buried task has this id.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then
    return 0
end
local r, now = read(record), tonumber(ARGV[2])
r.attempts, r.crashes, r.reason = 0, 0, ''
r.due, r.since, r.moved = now, now, now
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DECRBY', KEYS[3], #record)
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', ARGV[3] .. 'ready:' .. r.queue, 0, write(r))
return 1
