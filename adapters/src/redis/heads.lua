
-- Reads what is known of the tasks in a hash, without their messages.
--
-- KEYS: 1 the hash of records. ARGV: 1 where to go on, '0' at first; 2 '1' if it is what a
--   worker holds, where there are batches, too.
-- Returns where to go on, '0' at the end; then field and record, field and record, of empty
--   messages. Fields of a batch are its first fence and the place in it.
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
local answer = { page[1] }

local function add(field, record)
    answer[#answer + 1] = field
    answer[#answer + 1] = string.sub(record, 1, head_end(record) or 0) .. '}\n'
end

for at = 1, #page[2], 2 do
    local field, value = page[2][at], page[2][at + 1]
    local kind, batch = string.match(field, '^([bdx])(%d+)$')
    if ARGV[2] ~= '1' or not kind then
        add(field, value)
    elseif kind == 'b' then
        for place = 0, tonumber(string.match(value, '^%d+')) - 1 do
            if not has_ended(KEYS[1], batch, place) then
                add(batch .. ':' .. place, write(unfold(value, place, '')))
            end
        end
    end
end
return answer
