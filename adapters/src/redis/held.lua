
-- Reads one task that a worker holds.
--
-- KEYS: 1 what the worker holds. ARGV: 1 its field, as `heads.lua` tells it.
-- Returns its record, or nothing.
local batch, place = string.match(ARGV[1], '^(%d+):(%d+)$')
if not batch then
    return redis.call('HGET', KEYS[1], ARGV[1])
end
local head = redis.call('HGET', KEYS[1], 'b' .. batch)
local message = redis.call('LINDEX', KEYS[1] .. ':' .. batch, place)
return head and message and write(unfold(head, tonumber(place), message))
