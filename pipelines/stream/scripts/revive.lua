-- A failed stream is taken up again by the operator's wish: where it stood if its upload is open, else anew.
-- ARGV: next attempt, token.
if get('status') ~= 'failed' then return answer(get('status') == '' and 'GONE' or 'REFUSED') end
redis.call('PERSIST', meta)
redis.call('PERSIST', parts)
progressed()
set('reason', '', 'completed_at', '')
if get('upload_id') == '' then
    redis.call('DEL', parts)
    set('attempt', ARGV[4], 'token', ARGV[5], 'intent', '', 'bytes_sent', '0', 'contiguous', '0')
    enter('active', 'init')
elseif get('intent') ~= '' then
    enter('pending_completion', 'committing')
else
    enter('active', 'uploading')
end
return answer('OK')
