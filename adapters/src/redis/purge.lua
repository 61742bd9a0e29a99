
-- Removes what waits in one queue.
--
-- KEYS: six of the queue, as for a claim.
-- ARGV: 1 what the lists begin with, 2 what our own keys begin with.
-- Returns how many tasks there were.
local count = redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2])
for at = 3, 6 do
    count = count + redis.call('LLEN', KEYS[at])
end
local copies = copies_of(ARGV[1], ARGV[2])
for at = 1, copies.exist() and 2 or 0 do
    for _, record in ipairs(redis.call('ZRANGE', KEYS[at], 0, -1)) do
        local r = read(record)
        if r then
            copies.drop(r.order)
        end
    end
end
redis.call('UNLINK', unpack(KEYS))
return count
