-- Stores what became of tasks, in order, and tells whoever waits.
--
-- KEYS: where it is kept of each, and the channel it is told on.
-- ARGV: 1 how many seconds it is kept, 0 for ever; 2 '1' to store it only where no attempt is
--   being made or has ended; then a document for each key.
-- Returns how many were stored: a success is never overwritten.
local seconds, is_careful = tonumber(ARGV[1]), ARGV[2] == '1'
local UNBEGUN = { PENDING = true, RECEIVED = true, RETRY = true, REJECTED = true }

local function status_of(document)
    local status = string.match(document, '^{"status": ?"(%u+)"')
    if status then
        return status
    end
    local is_read, read = pcall(cjson.decode, document)
    return is_read and type(read) == 'table' and read.status
end

local stored = 0
for at, key in ipairs(KEYS) do
    local document, old = ARGV[at + 2], redis.call('GET', key)
    local status = old and status_of(old)
    if not old or (is_careful and UNBEGUN[status]) or (not is_careful and status ~= 'SUCCESS') then
        if 0 < seconds then
            redis.call('SET', key, document, 'EX', seconds)
        else
            redis.call('SET', key, document)
        end
        redis.call('PUBLISH', key, document)
        stored = stored + 1
    end
end
return stored
