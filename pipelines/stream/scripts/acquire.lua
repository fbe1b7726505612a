-- The lease, if it is free, over, or the caller's. ARGV: ttl_ms, grant: a word that the caller makes up for this call.
if redis.call('EXISTS', meta) == 0 then return answer('GONE') end
if terminal() then return answer('OK') end
if get('owner') == owner and get('grant') == ARGV[5] then return answer('OK') end
if get('owner') ~= owner and (tonumber(get('lease_until')) or 0) > now then return answer('ELSEWHERE') end
set('owner', owner, 'epoch', whole((tonumber(get('epoch')) or 0) + 1), 'grant', ARGV[5],
    'lease_until', whole(now + ARGV[4]))
return answer('OK')
