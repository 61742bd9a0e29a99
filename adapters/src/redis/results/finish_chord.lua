-- Forgets a chord that somebody has gone on with.
--
-- KEYS: 1 who goes on with the body, then the parts, how many were added, which were
--   counted, and how many there are.
-- ARGV: 1 our claim, 2 how many seconds it is remembered that the chord is over, 3 '1' if
--   the chord has failed: then nobody is to go on with it, and its parts stay for people.
-- Returns whether the claim was still ours; if not, nothing was changed.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
if ARGV[3] == '1' then
    redis.call('DEL', KEYS[5])
    return 1
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('SET', KEYS[1], 'done', 'EX', ARGV[2])
return 1
