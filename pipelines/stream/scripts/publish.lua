-- The object is at its key, with our token. ARGV: etag, object_size, token, attempt, short, sure.
if fenced() then return answer('FENCED') end
if get('status') == 'failed' then return answer('REFUSED') end
if get('status') == 'completed' or get('phase') == 'publishing' then
    return answer(get('etag') == ARGV[4] and 'OK' or 'REFUSED')
end
if get('attempt') ~= ARGV[7] then queue_abort(get('upload_id')) end
set('etag', ARGV[4], 'object_size', ARGV[5], 'token', ARGV[6], 'attempt', ARGV[7], 'short', ARGV[8], 'reason', '')
-- What is not sure to be the file's present bytes is compared with them later.
if ARGV[9] ~= '1' then set('mtime_ns', '0') end
enter('pending_completion', 'publishing')
progressed()
return answer('OK')
