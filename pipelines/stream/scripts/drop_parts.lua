-- Parts that S3 does not have after all, or has otherwise. ARGV: upload_id, attempt, numbers.
if fenced() then return answer('FENCED') end
if get('upload_id') ~= ARGV[4] or get('attempt') ~= ARGV[5] then return answer('REFUSED') end
for i = 6, #ARGV do redis.call('HDEL', parts, ARGV[i]) end
recount(0)
return answer('OK')
