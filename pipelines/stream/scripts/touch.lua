-- The file as `stat` saw it: a change is activity, and calls a stream back from completion that has no intent yet.
-- ARGV: size, mtime_ns, path.
if fenced() then return answer('FENCED') end
if terminal() then return answer('REFUSED') end
local size, mtime, path = ARGV[4], ARGV[5], ARGV[6]
if get('path') ~= path then set('path', path) end
local phase = get('phase')
if get('intent') ~= '' or phase == 'aborting' or phase == 'publishing' then return answer('OK') end
if get('size_seen') ~= size or get('mtime_ns') ~= mtime then
    set('size_seen', size, 'mtime_ns', mtime, 'last_activity_at', whole(math.max(now, tonumber(get('last_activity_at')) or 0)))
    if get('status') == 'pending_completion' then
        enter('active', get('upload_id') == '' and 'init' or 'uploading')
    end
end
return answer('OK')
