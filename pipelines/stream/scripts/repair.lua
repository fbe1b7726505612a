-- The sets follow the hash.
if redis.call('EXISTS', meta) == 0 then
    for i = 1, #statuses do redis.call('SREM', KEYS[2 + i], id) end
    local identity = string.match(id, '%.(%d+%-%d+)%-%d+%.%d+$')
    if identity and redis.call('HGET', index, identity) == id then redis.call('HDEL', index, identity) end
    return answer('GONE')
end
enter(get('status'), get('phase'))
return answer('OK')
