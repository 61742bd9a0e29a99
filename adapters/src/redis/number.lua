
-- Notes the number of a push, and since which one nothing of its relay was forgotten.
--
-- KEYS: 1 the last push of the relay, 2 since which one its pushes are unbroken.
-- ARGV: 1 the number, 2 the last one that the relay knows to have been noted, 3 for how many
--   seconds all of this is remembered.
-- Returns the last push that was known before, or nothing.
local before = redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3], 'GET')
if (tonumber(before) or 0) < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
else
    redis.call('EXPIRE', KEYS[2], ARGV[3])
end
return before
