-- Lets others put back what Python workers held.
--
-- KEYS: 1 who may. ARGV: 1 us. Returns whether it was us.
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])
