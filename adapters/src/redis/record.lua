-- A record: what we know of a task in one line, then its message byte for byte.
--
--   priority due order attempts crashes since seen moved queue US reason LF message
--
-- Priority, due and order come first and have a fixed width, so that records of one score
-- in a sorted set are in the order in which they are served. Instants are microseconds
-- since 1970, and 0 is none: due when the task is due again, since when its life began if
-- it was given another, seen when it was first claimed, moved when it came to where it is.
local HEAD = '^(%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) ([^\31]*)\31(.*)$'

local function read(record)
    local line_end = string.find(record, '\n', 1, true)
    if not line_end then
        return nil
    end
    local priority, due, order, attempts, crashes, since, seen, moved, queue, reason =
        string.match(string.sub(record, 1, line_end - 1), HEAD)
    if not priority then
        return nil
    end
    return {
        priority = priority, due = tonumber(due), order = tonumber(order),
        attempts = tonumber(attempts), crashes = tonumber(crashes),
        since = tonumber(since), seen = tonumber(seen), moved = tonumber(moved),
        queue = queue, reason = reason, message = string.sub(record, line_end + 1),
    }
end

local function write(r)
    return string.format(
        '%s %017.0f %016.0f %.0f %.0f %.0f %.0f %.0f %s\31%s\n',
        r.priority, r.due, r.order, r.attempts, r.crashes, r.since, r.seen, r.moved,
        r.queue, r.reason
    ) .. r.message
end

-- A batch: messages that were claimed together from one list. They lie in a list of their
-- own, byte for byte, so that a claim costs no more than moving them; what they have in
-- common is said once: "count priority order seen queue".
local function unfold(head, place, message)
    local _, priority, order, seen, queue =
        string.match(head, '^(%d+) (%d) (%d+) (%d+) (.*)$')
    return {
        priority = priority, due = 0, order = tonumber(order) + place, attempts = 0, crashes = 0,
        since = 0, seen = tonumber(seen), moved = tonumber(seen), queue = queue, reason = '',
        message = message,
    }
end

-- What a worker holds is one hash: records by their fences; and of each batch, behind its
-- first fence, the head (b), which of it is done (d), and which of it has ended otherwise (x).
local function has_ended(held, batch, place)
    for _, marks in ipairs(redis.call('HMGET', held, 'd' .. batch, 'x' .. batch)) do
        if marks and string.byte(marks, place + 1) == 49 then
            return true
        end
    end
    return false
end

-- How much is kept in quarantine, and as much of what is buried; at least one is.
local MOST_KEPT, MOST_BYTES_KEPT = 10000, 67108864

-- Keeps a message that nobody understands, byte for byte; the oldest make room.
local function quarantine(list, size, now, queue, reason, message)
    local entry = now .. ' ' .. queue .. '\31' .. reason .. '\n' .. message
    local count = redis.call('LPUSH', list, entry)
    local bytes = redis.call('INCRBY', size, #entry)
    while 1 < count and (MOST_KEPT < count or MOST_BYTES_KEPT < bytes) do
        bytes = redis.call('DECRBY', size, #redis.call('RPOP', list))
        count = count - 1
    end
end
