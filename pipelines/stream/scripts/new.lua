-- A new stream, its owner the caller. The index says which stream a file's identity has; `expected` is the one
-- that the caller has seen there, so that of two callers one comes too late.
-- ARGV: ttl_ms, expected, identity, attempt, token, then fields and values.
local ttl, expected, identity, attempt, token = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local holder = redis.call('HGET', index, identity) or ''
if holder ~= '' and holder ~= id and holder ~= expected then return answer('ELSEWHERE') end
if redis.call('EXISTS', meta) == 1 then
    return answer(get('owner') == owner and not terminal() and 'OK' or 'ELSEWHERE')
end
for i = 9, #ARGV, 2 do set(ARGV[i], ARGV[i + 1]) end
set('attempt', attempt, 'token', token, 'owner', owner, 'epoch', '1', 'lease_until', whole(now + ttl),
    'last_activity_at', whole(now), 'created_at', whole(now), 'bytes_sent', '0', 'contiguous', '0',
    'retry_count', '0', 'next_retry_at', '0', 'upload_id', '', 'intent', '', 'reason', '')
redis.call('DEL', parts)
redis.call('HSET', index, identity, id)
enter('active', 'init')
return answer('OK')
