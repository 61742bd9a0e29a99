
-- Shows messages in quarantine, those first that came last.
--
-- KEYS: 1 the quarantine. ARGV: 1 how many at most, 2 how many bytes of each.
-- Returns the beginning of an entry and its length, and so on.
local answer = {}
for at = 0, tonumber(ARGV[1]) - 1 do
    local entry = redis.call('LINDEX', KEYS[1], at)
    if not entry then
        break
    end
    answer[#answer + 1] = string.sub(entry, 1, tonumber(ARGV[2]))
    answer[#answer + 1] = tostring(#entry)
end
return answer
