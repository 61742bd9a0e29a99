
-- Removes what waits in one queue.
--
-- KEYS: six of the queue, as for a claim. Returns how many tasks there were.
local count = redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2])
for at = 3, 6 do
    count = count + redis.call('LLEN', KEYS[at])
end
redis.call('UNLINK', unpack(KEYS))
return count
