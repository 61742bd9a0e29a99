
-- Claims waiting tasks for one worker.
--
-- KEYS: 1 the living, 2 what the worker holds, 3 the last number given in the order of
--   claims, 4 the quarantine, 5 its size, 6 the queues that were ever used; then six for
--   each queue: what waits for its instant, what is ready in our own keys, and the lists of
--   the four steps.
-- ARGV: 1 the worker, 2 now, 3 how many at most, 4 '1' if it may have a suspect, 5 the
--   first fence, 6 how long a message may be, 7 how many bytes at most,
--   8 how long a silent worker is taken for living, 9 what the lists begin with, 10 what our
--   own keys begin with, 11 '1' if there are to be copies; then the queues.
-- Returns what was claimed in parts, each with its first fence: a record, behind an empty
--   head; or a batch, its head and its messages. Then what was too long, each with its queue
--   and its length. False if the worker is not among the living.
local worker, now, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local longest, most_bytes = tonumber(ARGV[6]), tonumber(ARGV[7])
local PER_QUEUE, FIRST_KEY, FIRST_QUEUE = 6, 7, 12
local copies, is_copied = copies_of(ARGV[9], ARGV[10]), ARGV[11] == '1'
local MOST_PROMOTED, MOST_READY = 100, 64

-- When memory is full, a script may still write if its first write frees some. Nothing
-- here needs more than it frees, and a queue that cannot be drained would stay full.
redis.call('ZREM', KEYS[1], '')
local instant = sign_of_life(KEYS[1], worker, false, tonumber(ARGV[8]))
if not instant then
    return false
end

-- Others give signs of life, too, only to look for the dead.
redis.call('SADD', ARGV[10] .. 'serving', worker)

local queues = {}
for at = FIRST_QUEUE, #ARGV do
    local key = FIRST_KEY + PER_QUEUE * (at - FIRST_QUEUE)
    redis.call('SADD', KEYS[6], ARGV[at])
    queues[#queues + 1] = { name = ARGV[at], due = KEYS[key], ready = KEYS[key + 1], lists = key + 2 }
end

local parts, too_long, taken, bytes = {}, {}, 0, 0

local function has_room()
    return taken < most and bytes < most_bytes
end

local function add_part(head, messages)
    local first = string.format('%.0f', (tonumber(ARGV[5]) + taken) % 4294967296)
    taken = taken + #messages
    parts[#parts + 1] = { first, head, messages }
    return first
end

local function take_ready(queue, record)
    redis.call('ZREM', queue.ready, record)
    local r = read(record)
    if copies.took_over(r.order) then
        return
    end
    if is_copied then
        copies.keep(r, instant)
    else
        copies.touch(r.order, instant)
    end
    r.moved = tonumber(now)
    record = write(r)
    bytes = bytes + #record
    redis.call('HSET', KEYS[2], add_part('', { record }), record)
end

-- What is due moves on to what is ready.
for _, queue in ipairs(queues) do
    local due = redis.call('ZRANGE', queue.due, '-inf', now, 'BYSCORE', 'LIMIT', 0, MOST_PROMOTED)
    for _, record in ipairs(due) do
        redis.call('ZADD', queue.ready, read(record).crashes, record)
        redis.call('ZREM', queue.due, record)
    end
end

-- One suspect, the one with the fewest crashes.
if ARGV[4] == '1' and has_room() then
    local least
    for _, queue in ipairs(queues) do
        local found = redis.call('ZRANGE', queue.ready, '(0', '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
        if found[1] then
            local crashes = tonumber(found[2])
            if not least or crashes < least.crashes
                or (crashes == least.crashes and found[1] < least.record) then
                least = { queue = queue, record = found[1], crashes = crashes }
            end
        end
    end
    if least then
        take_ready(least.queue, least.record)
    end
end

-- What is ready in our own keys has waited in the lists before, so it goes before them.
local ready, is_more_ready = {}, false
for _, queue in ipairs(queues) do
    local limit = math.min(most, MOST_READY)
    local found = redis.call('ZRANGE', queue.ready, 0, 0, 'BYSCORE', 'LIMIT', 0, limit)
    is_more_ready = is_more_ready or #found == limit
    for _, record in ipairs(found) do
        ready[#ready + 1] = { queue = queue, record = record }
    end
end
table.sort(ready, function(a, b) return a.record < b.record end)

local next_ready = 1
local function take_ready_of(step)
    while has_room() and ready[next_ready]
        and priority_of(ready[next_ready].record) < step + 3 do
        take_ready(ready[next_ready].queue, ready[next_ready].record)
        next_ready = next_ready + 1
    end
end

-- Takes up to `share` messages from a list; answers whether there may be more.
local function take_from(queue, list, step, share)
    local messages = redis.call('RPOP', list, share)
    if not messages then
        return false
    end
    local fit, is_whole = {}, #messages == share
    for at, message in ipairs(messages) do
        if longest < #message then
            local reason = 'the message is ' .. #message .. ' bytes long; ' .. longest .. ' are read'
            quarantine(KEYS[4], KEYS[5], now, queue.name, reason, message)
            too_long[#too_long + 1] = { queue.name, #message }
        elseif bytes < most_bytes then
            fit[#fit + 1] = message
            bytes = bytes + #message
        else
            for back = #messages, at, -1 do
                redis.call('RPUSH', list, messages[back])
            end
            is_whole = false
            break
        end
    end
    if 0 < #fit then
        local order = redis.call('INCRBY', KEYS[3], #fit) - #fit + 1
        local head = string.format('%d %d %.0f %s %s', #fit, step, order, now, queue.name)
        local first = add_part(head, fit)
        redis.call('RPUSH', KEYS[2] .. ':' .. first, unpack(fit))
        redis.call('HSET', KEYS[2], 'b' .. first, head)
        for place, message in ipairs(is_copied and fit or {}) do
            copies.keep({ order = order + place - 1, queue = queue.name, message = message }, instant)
        end
    end
    return is_whole
end

for place, step in ipairs({ 0, 3, 6, 9 }) do
    take_ready_of(step)
    local left = is_more_ready and {} or queues
    while 0 < #left and has_room() do
        local share, still = math.ceil((most - taken) / #left), {}
        for _, queue in ipairs(left) do
            local room = math.min(share, most - taken)
            if 0 < room and take_from(queue, KEYS[queue.lists + place - 1], step, room) then
                still[#still + 1] = queue
            end
        end
        left = still
    end
end

return { parts, too_long }
