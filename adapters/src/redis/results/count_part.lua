-- Counts a part of a chord, once, and looks whether it was the last.
--
-- KEYS: 1 the parts that were counted, 2 how many were added later, 3 which were counted,
--   4 how many there are, 5 who goes on with the body, 6 the results of the group, if saved.
-- ARGV: 1 the id of the part, 2 what it says, 3 its place, 4 '1' if places are kept, 5 how many
--   seconds all this is kept, 0 for ever, 6 how many seconds a claim is good for, 7 our claim.
-- Returns 'open' while others are missing; 'over' when somebody has gone on; 'claimed' while
--   somebody else is about to; and 'ours' with all parts and the saved results, if we are to.
local parts, added, counted, size, claim, saved = unpack(KEYS)
local id, part, place, is_ordered, ours = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[7]

if redis.call('GET', claim) == 'done' then
    return { 'over' }
end
-- By its place, too: two parts may have been given the same id.
if redis.call('SADD', counted, id .. ':' .. place) == 1 then
    if is_ordered then
        redis.call('ZADD', parts, place, part)
    else
        redis.call('RPUSH', parts, part)
    end
end
if 0 < tonumber(ARGV[5]) then
    for at = 1, 4 do
        redis.call('EXPIRE', KEYS[at], ARGV[5])
    end
    redis.call('EXPIRE', saved, ARGV[5])
end

local there = redis.call(is_ordered and 'ZCARD' or 'LLEN', parts)
local expected = tonumber(redis.call('GET', size) or '')
if not expected or there ~= expected + tonumber(redis.call('GET', added) or 0) then
    return { 'open' }
end
-- Whoever asks again, because an answer was lost, holds the claim already.
if redis.call('GET', claim) == ours then
    redis.call('EXPIRE', claim, ARGV[6])
elseif not redis.call('SET', claim, ours, 'NX', 'EX', ARGV[6]) then
    return { 'claimed' }
end
return { 'ours', redis.call(is_ordered and 'ZRANGE' or 'LRANGE', parts, 0, -1), redis.call('GET', saved) }
