
-- Shows what waits in one queue, newest first in each place.
--
-- KEYS: six of the queue, as for a claim.
-- ARGV: 1 how many of each place at most, 2 how long a message may be.
-- Returns the records in our own keys, and the messages in the lists.
local last = tonumber(ARGV[1]) - 1
local records, messages = {}, {}
for at = 1, 2 do
    for _, record in ipairs(redis.call('ZRANGE', KEYS[at], 0, last)) do
        records[#records + 1] = record
    end
end
for at = 3, 6 do
    for _, message in ipairs(redis.call('LRANGE', KEYS[at], 0, last)) do
        if #message <= tonumber(ARGV[2]) then
            messages[#messages + 1] = message
        end
    end
end
return { records, messages }
