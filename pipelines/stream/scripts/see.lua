-- A stream as it is. What is over is remembered for as long as its file is seen. ARGV: ttl_ms.
if terminal() then
    redis.call('PEXPIRE', meta, ARGV[4])
    redis.call('PEXPIRE', parts, ARGV[4])
end
return answer(redis.call('EXISTS', meta) == 1 and 'OK' or 'GONE')
