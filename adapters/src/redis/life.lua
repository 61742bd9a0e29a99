
-- Notes that a worker lives; answers the instant by the clock of Redis, or nothing if the
-- worker is neither new nor known.
--
-- When nobody gave a sign for a third of a lease, it was Redis that was away, or nobody was
-- there: then all who were living get a new lease, because they could not say that they are.
local function sign_of_life(living, worker, is_new, lease)
    local time = redis.call('TIME')
    local instant = time[1] * 1000000 + time[2]
    if not is_new and not redis.call('ZSCORE', living, worker) then
        return nil
    end
    local text = string.format('%.0f', instant)
    local last = redis.call('ZRANGE', living, -1, -1, 'WITHSCORES')
    if last[1] and tonumber(last[2]) < instant - lease / 3 then
        for _, each in ipairs(redis.call('ZRANGE', living, '(0', '+inf', 'BYSCORE')) do
            redis.call('ZADD', living, text, each)
        end
    end
    redis.call('ZADD', living, text, worker)
    return instant
end
