-- The end of a stream that was marked, or (`open`) of one that S3 refuses: its upload stays. ARGV: reason, open, ttl_ms.
if fenced() then return answer('FENCED') end
if get('status') == 'failed' then return answer('OK') end
if ARGV[5] == '1' then
    if get('phase') == 'publishing' or terminal() then return answer('REFUSED') end
    set('reason', ARGV[4])
else
    if get('phase') ~= 'aborting' then return answer('REFUSED') end
    set('upload_id', '')
end
set('completed_at', whole(now), 'lease_until', '0')
enter('failed', 'done')
redis.call('PEXPIRE', meta, ARGV[6])
redis.call('PEXPIRE', parts, ARGV[6])
return answer('OK')
