
-- Copies for Python's workers. While one of these lives, what ours hold of Celery's messages
-- lies in `unacked` too, as if a Python worker held it: when none of ours is left to take it
-- back, they put it into its queue after their visibility timeout.
--
-- A copy is known by the number of its task in the order of claims. `copies` has the numbers
-- of all that were made and not dropped: one without a message was put back by a Python
-- worker, and what we have of its task counts no more.
local function copies_of(lists, ours)
    local made, messages, index = ours .. 'copies', lists .. 'unacked', lists .. 'unacked_index'
    local copies = {}

    local function name(order)
        local number = string.format('%.0f', order)
        return number, 'backbeat:' .. number
    end

    local function is_celerys(message)
        local is_read, fields = pcall(cjson.decode, message)
        local headers = is_read and type(fields) == 'table' and fields.headers
        return type(headers) == 'table' and headers.backbeat == nil
    end

    -- Whether workers live that are not ours: each is bound to the exchange of commands, and
    -- newer ones say until when at least. Our own nodes say so, too, so a worker that was
    -- killed seems to live as long as they do.
    function copies.are_wanted()
        local bound_to = lists .. '_kombu.binding.celery.pidbox'
        if #redis.call('SDIFF', bound_to, ours .. 'nodes') == 0 then
            return false
        end
        local bound = redis.call('ZSCORE', lists .. '_kombu.binding_deadlines', 'celery.pidbox')
        return not bound or redis.call('TIME')[1] * 1000 < tonumber(bound)
    end

    function copies.exist()
        return redis.call('EXISTS', made) == 1
    end

    -- Says of a copy, if there is one, that it is received at `instant`.
    function copies.touch(order, instant)
        local _, tag = name(order)
        redis.call('ZADD', index, 'XX', string.format('%.6f', instant / 1000000), tag)
    end

    -- Makes a copy that is received at `instant`, or says so of the one that is there.
    function copies.keep(r, instant)
        local number, tag = name(r.order)
        if redis.call('SISMEMBER', made, number) == 1 then
            copies.touch(r.order, instant)
        elseif is_celerys(r.message) then
            redis.call('SADD', made, number)
            redis.call('HSET', messages, tag, '[' .. r.message .. ',"",' .. cjson.encode(r.queue) .. ']')
            redis.call('ZADD', index, string.format('%.6f', instant / 1000000), tag)
        end
    end

    function copies.drop(order)
        local number, tag = name(order)
        if redis.call('SREM', made, number) == 1 then
            redis.call('HDEL', messages, tag)
            redis.call('ZREM', index, tag)
        end
    end

    -- Whether there was a copy and a Python worker has put it back; then it is forgotten.
    function copies.took_over(order)
        local number, tag = name(order)
        if redis.call('SISMEMBER', made, number) == 0 or redis.call('HEXISTS', messages, tag) == 1 then
            return false
        end
        redis.call('SREM', made, number)
        return true
    end

    return copies
end
