-- Binds a queue to an exchange for a while, as Celery does with queues that end by themselves.
--
-- KEYS: 1 the queues of the exchange, 2 until when exchanges have queues.
-- ARGV: 1 what stands for the queue, 2 the exchange, 3 how many milliseconds.
redis.call('SADD', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[2], 'GT', string.format('%.0f', now + tonumber(ARGV[3])), ARGV[2])
return 1
