-- Not now: tried so often, and again after a while. ARGV: retry_count, delay_ms, reason.
if fenced() then return answer('FENCED') end
if terminal() or (tonumber(get('retry_count')) or 0) >= tonumber(ARGV[4]) then return answer('OK') end
set('retry_count', ARGV[4], 'next_retry_at', whole(now + ARGV[5]), 'retry_reason', ARGV[6])
return answer('OK')
