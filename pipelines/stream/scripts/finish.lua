-- All is done. ARGV: metadata, metadata_status, ttl_ms.
if fenced() then return answer('FENCED') end
if get('status') == 'completed' then return answer('OK') end
if get('phase') ~= 'publishing' then return answer('REFUSED') end
set('metadata', ARGV[4], 'metadata_status', ARGV[5], 'completed_at', whole(now), 'lease_until', '0')
progressed()
enter('completed', 'done')
redis.call('PEXPIRE', meta, ARGV[6])
redis.call('PEXPIRE', parts, ARGV[6])
return answer('OK')
