-- Keeps the right to go on with a chord for a while longer.
--
-- KEYS: 1 who goes on with the body, 2 how many parts there are.
-- ARGV: 1 our claim, 2 how many seconds it is good for.
-- Returns whether it is ours; one that ran out is taken again if nobody has gone on.
local holder = redis.call('GET', KEYS[1])
if holder ~= ARGV[1] and (holder or redis.call('EXISTS', KEYS[2]) == 0) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
