-- The upload that this attempt goes into; the first one told stays. ARGV: upload_id, attempt.
if fenced() then return answer('FENCED') end
local upload_id, attempt = ARGV[4], ARGV[5]
if get('upload_id') == upload_id then return answer('OK') end
if get('phase') ~= 'init' or get('upload_id') ~= '' or get('attempt') ~= attempt then return answer('REFUSED') end
if redis.call('HEXISTS', abort_queue, get('bucket') .. '|' .. get('key') .. '|' .. upload_id) == 1 then
    return answer('REFUSED')
end
set('upload_id', upload_id, 'phase', get('status') == 'active' and 'uploading' or 'draining')
return answer('OK')
