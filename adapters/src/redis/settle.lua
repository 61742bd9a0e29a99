
-- Ends claims of one worker, each with its verdict.
--
-- KEYS: 1 the living, 2 what the worker holds, 3 the quarantine, 4 its size, 5 the buried by
--   id, 6 the buried by instant, 7 how many bytes the buried are.
-- ARGV: 1 the worker, 2 now, 3 what our own keys begin with, 4 what the lists begin with;
--   then four numbers, each followed by so many: verdicts of six, which are the batch or
--   nothing, the place in it or the fence, kind, number, text, and id; fences of tasks that
--   are done; batches of three, which are the first fence, which of it is done, and '1' if
--   all of it has ended.
-- Returns how many buried tasks made room for others; nothing if the worker is not among
--   the living: then nothing was changed.
local worker, now, ours, lists = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local MOST_UNPACKED = 200
local copies = copies_of(lists, ours)
local are_copies = copies.exist()
local at = 5

if not redis.call('ZSCORE', KEYS[1], worker) then
    return nil
end
-- As for a claim: what has ended is let go although memory is full.
redis.call('ZREM', KEYS[1], '')

local function wait_until(r, due)
    r.due = math.min(math.max(due, 0), 9007199254740991)
    redis.call('ZADD', ours .. 'due:' .. r.queue, string.format('%.0f', r.due), write(r))
    copies.touch(r.order, r.due)
end

local verdicts, made_room = {}, 0

function verdicts.retry(r, wait, reason)
    r.attempts, r.reason = r.attempts + 1, reason
    wait_until(r, now + wait)
end

function verdicts.postpone(r, wait, reason)
    r.reason = reason
    wait_until(r, now + wait)
end

function verdicts.crashed(r, wait, reason)
    r.crashes, r.reason = r.crashes + 1, reason
    wait_until(r, now + wait)
end

function verdicts.wait(r, due)
    wait_until(r, due)
end

function verdicts.bury(r, _, reason, id)
    copies.drop(r.order)
    r.reason = reason
    local record = write_apart(r)
    local grown = #record - redis.call('HSTRLEN', KEYS[5], id)
    redis.call('HSET', KEYS[5], id, record)
    redis.call('ZADD', KEYS[6], now, id)
    local count, bytes = redis.call('HLEN', KEYS[5]), redis.call('INCRBY', KEYS[7], grown)
    while 1 < count and (MOST_KEPT < count or MOST_BYTES_KEPT < bytes) do
        local oldest = redis.call('ZPOPMIN', KEYS[6])[1]
        if not oldest then
            break
        end
        bytes = redis.call('DECRBY', KEYS[7], redis.call('HSTRLEN', KEYS[5], oldest))
        count = count - redis.call('HDEL', KEYS[5], oldest)
        made_room = made_room + 1
    end
end

function verdicts.quarantine(r, _, reason)
    copies.drop(r.order)
    quarantine(KEYS[3], KEYS[4], ARGV[2], r.queue, reason, r.message)
end

-- What nobody has worked on goes back to where Python sees it, to be served next.
function verdicts.release(r)
    if r.attempts == 0 and r.crashes == 0 and r.due == 0 and r.since == 0 and r.reason == '' then
        hand_back(lists, r, r.message)
        copies.drop(r.order)
    else
        redis.call('ZADD', ours .. 'ready:' .. r.queue, r.crashes, write(r))
    end
end

-- Takes a task out of what the worker holds; nothing if it was settled before.
local function take_out(batch, place)
    if batch == '' then
        local record = redis.call('HGET', KEYS[2], place)
        redis.call('HDEL', KEYS[2], place)
        return record and read(record)
    end
    local head, at_place = redis.call('HGET', KEYS[2], 'b' .. batch), tonumber(place)
    if not head or has_ended(KEYS[2], batch, at_place) then
        return nil
    end
    local marks = redis.call('HGET', KEYS[2], 'x' .. batch)
        or string.rep('0', tonumber(string.match(head, '^%d+')))
    marks = string.sub(marks, 1, at_place) .. '1' .. string.sub(marks, at_place + 2)
    redis.call('HSET', KEYS[2], 'x' .. batch, marks)
    return unfold(head, at_place, redis.call('LINDEX', KEYS[2] .. ':' .. batch, at_place))
end

local count = tonumber(ARGV[at])
for each = at + 1, at + 6 * count, 6 do
    local batch, place, kind, number, text, id = unpack(ARGV, each, each + 5)
    local r = take_out(batch, place)
    if r and not copies.took_over(r.order) then
        r.moved = now
        verdicts[kind](r, tonumber(number), text, id)
    end
end
at = at + 6 * count + 1

count = tonumber(ARGV[at])
for from = at + 1, at + count, MOST_UNPACKED do
    local to = math.min(from + MOST_UNPACKED - 1, at + count)
    for _, record in ipairs(are_copies and redis.call('HMGET', KEYS[2], unpack(ARGV, from, to)) or {}) do
        local r = record and read(record)
        if r then
            copies.drop(r.order)
        end
    end
    redis.call('HDEL', KEYS[2], unpack(ARGV, from, to))
end
at = at + count + 1

-- Drops the copies of what is done of a batch.
local function drop_copies(batch, marks, is_over)
    local head = redis.call('HGET', KEYS[2], 'b' .. batch)
    local others = redis.call('HGET', KEYS[2], 'x' .. batch) or ''
    for place = 0, head and tonumber(string.match(head, '^%d+')) - 1 or -1 do
        if is_over and string.byte(others, place + 1) ~= 49 or string.byte(marks, place + 1) == 49 then
            copies.drop(unfold(head, place, '').order)
        end
    end
end

count = tonumber(ARGV[at])
for each = at + 1, at + 3 * count, 3 do
    local batch, marks, is_over = unpack(ARGV, each, each + 2)
    if are_copies then
        drop_copies(batch, marks, is_over == '1')
    end
    if is_over == '1' then
        redis.call('UNLINK', KEYS[2] .. ':' .. batch)
        redis.call('HDEL', KEYS[2], 'b' .. batch, 'd' .. batch, 'x' .. batch)
    elseif redis.call('HEXISTS', KEYS[2], 'b' .. batch) == 1 then
        redis.call('HSET', KEYS[2], 'd' .. batch, marks)
    end
end
return made_room
