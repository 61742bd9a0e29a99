
-- Looks whether a worker would find a task. Whoever has CLIENT TRACKING on is told when that may change.
--
-- KEYS: six for each queue, as for a claim.
-- ARGV: 1 now, 2 '1' if the worker may have a suspect.
-- Returns '0' if it would; else when the next task is due, and '' if none is.
local now, next_due = tonumber(ARGV[1]), nil
for at = 1, #KEYS, 6 do
    local least = ARGV[2] == '1' and '+inf' or '0'
    if 0 < redis.call('ZCOUNT', KEYS[at + 1], '0', least)
        or 0 < redis.call('EXISTS', KEYS[at + 2], KEYS[at + 3], KEYS[at + 4], KEYS[at + 5]) then
        return '0'
    end
    local first = redis.call('ZRANGE', KEYS[at], 0, 0, 'WITHSCORES')
    if first[1] then
        local due = tonumber(first[2])
        next_due = math.min(next_due or due, due)
    end
end
if not next_due then
    return ''
end
return next_due <= now and '0' or string.format('%.0f', next_due)
