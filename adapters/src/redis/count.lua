
-- Counts what waits in one queue, and shows what has waited longest.
--
-- KEYS: six of the queue, as for a claim.
-- ARGV: 1 how long a message may be.
-- Returns how many tasks wait; a few records in our own keys that are due first; and the
--   message that is served next of each list.
local waiting, records, messages = 0, {}, {}
for at = 1, 2 do
    waiting = waiting + redis.call('ZCARD', KEYS[at])
    for _, record in ipairs(redis.call('ZRANGE', KEYS[at], 0, 9)) do
        records[#records + 1] = record
    end
end
for at = 3, 6 do
    waiting = waiting + redis.call('LLEN', KEYS[at])
    local message = redis.call('LINDEX', KEYS[at], -1)
    if message and #message <= tonumber(ARGV[1]) then
        messages[#messages + 1] = message
    end
end
return { waiting, records, messages }
