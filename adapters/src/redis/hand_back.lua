
-- What goes back to Celery's lists says that it was delivered before, as Celery has it say.
-- Fields are put in as text: Redis would write lists without elements as objects. A text
-- within a message has its quotes escaped, so a key is found where it is one.

-- `message` with `field` in front of what else is in the object behind `key`.
local function with_field(message, key, field)
    local _, brace = string.find(message, '"' .. key .. '"%s*:%s*{')
    if not brace then
        return message
    end
    local is_empty = string.find(message, '^%s*}', brace + 1)
    return string.sub(message, 1, brace) .. field .. (is_empty and '' or ', ')
        .. string.sub(message, brace + 1)
end

-- `message` with this value of a header.
local function with_header(message, name, value)
    local from, behind = string.find(message, '"' .. name .. '"%s*:%s*')
    for _, old in ipairs(from and { 'null', '%d+', '"[^"]*"' } or {}) do
        local _, to = string.find(message, '^' .. old, behind + 1)
        if to then
            return string.sub(message, 1, behind) .. value .. string.sub(message, to + 1)
        end
    end
    return with_field(message, 'headers', '"' .. name .. '": ' .. value)
end

-- An instant, in microseconds since 1970, as Celery writes it: days are counted from the
-- first of March of the year 0, so that a leap day is the last of its year.
local function iso(micros)
    local seconds = math.floor(micros / 1000000)
    local days, rest = math.floor(seconds / 86400) + 719468, seconds % 86400
    local era = math.floor(days / 146097)
    local day = days - era * 146097
    local leaps = math.floor(day / 1460) - math.floor(day / 36524) + math.floor(day / 146096)
    local year = math.floor((day - leaps) / 365)
    day = day - (365 * year + math.floor(year / 4) - math.floor(year / 100))
    local month = math.floor((5 * day + 2) / 153)
    local is_next_year = 10 <= month
    return string.format(
        '%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00',
        year + era * 400 + (is_next_year and 1 or 0), is_next_year and month - 9 or month + 3,
        day - math.floor((153 * month + 2) / 5) + 1,
        math.floor(rest / 3600), math.floor(rest / 60) % 60, rest % 60, micros % 1000000
    )
end

-- The message of a retry as Celery would have sent it; nothing if `message` is none of
-- Celery's, or of its first protocol.
local function as_retry(message, attempts, due)
    local is_read, fields = pcall(cjson.decode, message)
    local headers = is_read and type(fields) == 'table' and fields.headers
    if type(headers) ~= 'table' or type(headers.task) ~= 'string' or headers.backbeat ~= nil then
        return nil
    end
    local retries = (tonumber(headers.retries) or 0) + attempts
    message = with_header(message, 'retries', string.format('%.0f', retries))
    return with_header(message, 'eta', '"' .. iso(due) .. '"')
end

-- Puts `message` where it is served next by whoever serves Celery's lists. What only we know
-- stays as it is.
local function hand_back(lists, r, message)
    local is_marked = string.find(message, '"redelivered"', 1, true)
    if not is_marked and not string.find(message, '"backbeat"', 1, true) then
        message = with_field(message, 'headers', '"redelivered": true')
        message = with_field(message, 'delivery_info', '"redelivered": true')
    end
    local step = tonumber(r.priority) - tonumber(r.priority) % 3
    redis.call('RPUSH', lists .. r.queue .. (step == 0 and '' or '\6\22' .. step), message)
end
