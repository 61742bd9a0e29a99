-- Puts messages that Python workers held back to the front of their queues.
--
-- KEYS: 1 what is held, by its tag, 2 its tags by the instant of receipt; then the lists.
-- ARGV: four for each message: its tag, what was read of it, the message that goes back, and
--   to how many of the lists.
-- Returns how many went back. What somebody else has acknowledged, or put back, is gone.
local count, list = 0, 3
for at = 1, #ARGV, 4 do
    local tag, held, message, lists = unpack(ARGV, at, at + 3)
    if redis.call('HGET', KEYS[1], tag) == held then
        redis.call('ZREM', KEYS[2], tag)
        redis.call('HDEL', KEYS[1], tag)
        for to = list, list + tonumber(lists) - 1 do
            redis.call('RPUSH', KEYS[to], message)
        end
        count = count + 1
    end
    list = list + tonumber(lists)
end
return count
