-- A part that S3 has acknowledged. ARGV: upload_id, attempt, n, offset, size, md5, etag.
if fenced() then return answer('FENCED') end
local phase = get('phase')
if get('upload_id') ~= ARGV[4] or get('attempt') ~= ARGV[5] then return answer('REFUSED') end
if phase == 'aborting' or phase == 'publishing' or phase == 'done' then return answer('REFUSED') end
local n, text = ARGV[6], string.format('{"offset":%s,"size":%s,"md5":"%s","etag":"%s","at":', ARGV[7], ARGV[8], ARGV[9], ARGV[10])
local known = redis.call('HGET', parts, n) or ''
if string.sub(known, 1, #text) ~= text then
    redis.call('HSET', parts, n, text .. whole(now) .. '}')
    recount(tonumber(get('contiguous')) or 0)
    progressed()
end
return answer('OK')
