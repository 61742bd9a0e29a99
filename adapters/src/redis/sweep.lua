
-- Says that a worker lives, and takes back a step of what dead ones held.
--
-- KEYS: 1 the living, 2 those whose claims are being taken back.
-- ARGV: 1 the worker, 2 '1' if it is new, 3 now, 4 how long a silent worker is taken for
--   living, 5 how many tasks at most, give or take a batch, 6 what our own keys begin with,
--   7 what the lists begin with.
-- Returns whether the worker is among the living, how many tasks were taken back, whether
--   there may be more, and whether there are to be copies.
local worker, now, most, ours = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[5]), ARGV[6]

-- As for a claim: what dead workers held comes back although memory is full.
redis.call('ZREM', KEYS[1], '')
local lease = tonumber(ARGV[4])
local instant = sign_of_life(KEYS[1], worker, ARGV[2] == '1', lease)
if not instant then
    return { 0, 0, 0, 0 }
end

-- Copies of what it holds are made, or said to be received now, so that nobody puts it back.
local copies, mine = copies_of(ARGV[7], ours), ours .. 'held:' .. worker
local are_wanted = copies.are_wanted()

local function refresh(r)
    if are_wanted then
        copies.keep(r, instant)
    else
        copies.touch(r.order, instant)
    end
end

for _, field in ipairs((are_wanted or copies.exist()) and redis.call('HKEYS', mine) or {}) do
    local kind = string.match(field, '^([bdx]?)%d+$')
    local value = (kind == 'b' or kind == '') and redis.call('HGET', mine, field)
    local r = kind == '' and read(value)
    if kind == 'b' then
        local batch = string.sub(field, 2)
        for at, message in ipairs(redis.call('LRANGE', mine .. ':' .. batch, 0, -1)) do
            if not has_ended(mine, batch, at - 1) then
                refresh(unfold(value, at - 1, message))
            end
        end
    elseif r then
        refresh(r)
    end
end

local silent_since = string.format('%.0f', instant - lease)
local dead = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. silent_since, 'BYSCORE', 'LIMIT', 0, 10)
for _, each in ipairs(dead) do
    redis.call('ZREM', KEYS[1], each)
    redis.call('SADD', KEYS[2], each)
    redis.call('SREM', ours .. 'serving', each)
end

local taken_back = 0

local function take_back(r)
    r.crashes, r.moved = r.crashes + 1, now
    redis.call('ZADD', ours .. 'ready:' .. r.queue, r.crashes, write(r))
    taken_back = taken_back + 1
end

local function take_back_batch(held, batch)
    local head, list = redis.call('HGET', held, 'b' .. batch), held .. ':' .. batch
    for at, message in ipairs(head and redis.call('LRANGE', list, 0, -1) or {}) do
        if not has_ended(held, batch, at - 1) then
            take_back(unfold(head, at - 1, message))
        end
    end
    redis.call('UNLINK', list)
    redis.call('HDEL', held, 'b' .. batch, 'd' .. batch, 'x' .. batch)
end

local victim = redis.call('SRANDMEMBER', KEYS[2])
if victim then
    local held = ours .. 'held:' .. victim
    for _, field in ipairs(redis.call('HRANDFIELD', held, most)) do
        local batch = string.match(field, '^[bdx](%d+)$')
        local record = not batch and redis.call('HGET', held, field)
        if batch then
            take_back_batch(held, batch)
        elseif record then
            redis.call('HDEL', held, field)
            local r = read(record)
            if r then
                take_back(r)
            end
        end
        if most <= taken_back then
            break
        end
    end
    if redis.call('EXISTS', held) == 0 then
        redis.call('SREM', KEYS[2], victim)
    end
end
return { 1, taken_back, redis.call('SCARD', KEYS[2]) + #dead, are_wanted and 1 or 0 }
