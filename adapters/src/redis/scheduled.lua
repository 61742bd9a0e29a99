-- Shows what waits for its instant in some queues, that first of each queue which is due first.
--
-- KEYS: what waits in each queue.
-- ARGV: 1 how many at most, 2 how many bytes at most.
-- Returns the records.
local left, bytes, records = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for _, key in ipairs(KEYS) do
    local at = 0
    while 0 < left and 0 < bytes do
        local page = redis.call('ZRANGE', key, at, at + 49)
        for _, record in ipairs(page) do
            left, bytes = left - 1, bytes - #record
            if 0 <= left and 0 <= bytes then
                records[#records + 1] = record
            end
        end
        if #page < 50 then
            break
        end
        at = at + 50
    end
end
return records
