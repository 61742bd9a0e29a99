-- A record: the message, an object, with what we know of its task as one more field in front.
--
--   {"backbeat":"priority due order attempts crashes since seen moved queue US reason",message
--
-- Behind the comma is the message without its brace, byte for byte. What is no object, or is
-- buried, comes in a line of its own: {"backbeat":"…"} LF message. In the text whatever JSON would have
-- escaped is \u00XX, US too, so that it ends with the first quote.
--
-- Priority, due and order come first and have a fixed width, so that records of one score
-- in a sorted set are in the order in which they are served. Instants are microseconds
-- since 1970, and 0 is none: due when the task is due again, since when its life began if
-- it was given another, seen when it was first claimed, moved when it came to where it is.
local FRONT = '{"backbeat":"'
local HEAD = '^(%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (.-)\\u001f(.*)$'

local function escaped(text)
    return (string.gsub(text, '[%c"\\]', function(char)
        return string.format('\\u%04x', string.byte(char))
    end))
end

local function unescaped(text)
    return (string.gsub(text, '\\u00(%x%x)', function(code)
        return string.char(tonumber(code, 16))
    end))
end

-- The priority of the task of a record.
local function priority_of(record)
    return tonumber(string.sub(record, #FRONT + 1, #FRONT + 1))
end

-- Where the head of a record ends: at its quote, or nowhere.
local function head_end(record)
    return string.sub(record, 1, #FRONT) == FRONT and string.find(record, '"', #FRONT + 1, true)
end

local function read(record)
    local quote = head_end(record)
    if not quote then
        return nil
    end
    local priority, due, order, attempts, crashes, since, seen, moved, queue, reason =
        string.match(string.sub(record, #FRONT + 1, quote - 1), HEAD)
    if not priority then
        return nil
    end
    local is_object = string.byte(record, quote + 1) == 44
    return {
        priority = priority, due = tonumber(due), order = tonumber(order),
        attempts = tonumber(attempts), crashes = tonumber(crashes),
        since = tonumber(since), seen = tonumber(seen), moved = tonumber(moved),
        queue = unescaped(queue), reason = unescaped(reason),
        message = is_object and '{' .. string.sub(record, quote + 2) or string.sub(record, quote + 3),
    }
end

local function head_of(r)
    return string.format(
        '%s%s %017.0f %016.0f %.0f %.0f %.0f %.0f %.0f %s\\u001f%s"',
        FRONT, r.priority, r.due, r.order, r.attempts, r.crashes, r.since, r.seen, r.moved,
        escaped(r.queue), escaped(r.reason)
    )
end

-- What nobody holds any more lies apart: a value that is JSON is one that is still to be done.
local function write_apart(r)
    return head_of(r) .. '}\n' .. r.message
end

local function write(r)
    if string.byte(r.message, 1) == 123 then
        return head_of(r) .. ',' .. string.sub(r.message, 2)
    end
    return write_apart(r)
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
