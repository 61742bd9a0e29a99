
-- Reads what is known of the tasks in a hash, without their messages.
--
-- KEYS: 1 the hash of records. ARGV: 1 where to go on, '0' at first.
-- Returns where to go on, '0' at the end; then field and head, field and head.
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
local answer = { page[1] }
for at = 1, #page[2], 2 do
    local record = page[2][at + 1]
    answer[#answer + 1] = page[2][at]
    answer[#answer + 1] = string.sub(record, 1, string.find(record, '\n', 1, true) or 1)
end
return answer
