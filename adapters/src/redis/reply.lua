-- Answers whoever asked workers something, if they still wait.
--
-- KEYS: 1 who waits for replies, 2 the list of whoever asked.
-- ARGV: 1 what stands for that list among those who wait, 2 the reply, 3 how many
--   milliseconds the list is kept.
-- Returns how many replies there are now; 0 if nobody waits.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then
    return 0
end
local count = redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return count
