-- Ends the life of a worker in order. When it was the last that served, what waits for its
-- instant in its queues goes back to where Python sees it: as it came, or as a retry.
--
-- KEYS: 1 the living; then six for each queue, as for a claim.
-- ARGV: 1 the worker, 2 how long a silent worker is taken for living, 3 how many go back at most,
--   4 what the lists begin with, 5 what our own keys begin with.
-- Returns how many went back.
local worker, lease, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lists, ours = ARGV[4], ARGV[5]

-- What it may still hold comes back like that of the dead.
redis.call('ZADD', KEYS[1], 'XX', 0, worker)
local time = redis.call('TIME')
local silent_since = time[1] * 1000000 + time[2] - lease
for _, each in ipairs(redis.call('SMEMBERS', ours .. 'serving')) do
    local sign = redis.call('ZSCORE', KEYS[1], each)
    if sign and silent_since <= tonumber(sign) then
        return 0
    end
end

-- The message by which Python would go on with a task; nothing if it is not for Python.
local function of_celery(r)
    if 0 < r.attempts then
        return as_retry(r.message, r.attempts, r.due)
    end
    return r.reason == '' and r.message
end

local copies, gone_back = copies_of(lists, ours), 0
for at = 2, #KEYS, 6 do
    local due = redis.call('ZREVRANGE', KEYS[at], 0, most - gone_back - 1)
    for _, record in ipairs(most <= gone_back and {} or due) do
        local r = read(record)
        local message = r and r.crashes == 0 and r.since == 0 and of_celery(r)
        if message then
            if not copies.took_over(r.order) then
                hand_back(lists, r, message)
                gone_back = gone_back + 1
            end
            copies.drop(r.order)
            redis.call('ZREM', KEYS[at], record)
        end
    end
end
return gone_back
