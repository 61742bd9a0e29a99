-- Remembers which tasks are revoked; the oldest make room.
--
-- KEYS: 1 the ids of revoked tasks, by when Redis heard of them, in microseconds.
-- ARGV: 1 how many are kept, 2 how many seconds all are kept after the last, then the ids.
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
for at = 3, #ARGV do
    redis.call('ZADD', KEYS[1], now, ARGV[at])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[1]))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
