-- All anew from the file: another attempt, another token, no parts. ARGV: attempt, next, token, reason.
if fenced() then return answer('FENCED') end
if get('attempt') == ARGV[5] then return answer('OK') end
local phase = get('phase')
if get('attempt') ~= ARGV[4] or phase == 'aborting' or phase == 'publishing' or phase == 'done' then
    return answer('REFUSED')
end
queue_abort(get('upload_id'))
redis.call('DEL', parts)
set('attempt', ARGV[5], 'token', ARGV[6], 'restart_reason', ARGV[7], 'upload_id', '', 'intent', '', 'phase', 'init',
    'bytes_sent', '0', 'contiguous', '0')
return answer('OK')
