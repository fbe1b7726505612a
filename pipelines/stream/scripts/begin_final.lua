-- An idle stream goes to its completion, if nothing has happened since the caller looked.
-- ARGV: last_activity_at, size_seen, mtime_ns.
if fenced() then return answer('FENCED') end
local status = get('status')
if status == 'pending_completion' then return answer('OK') end
if status ~= 'active' or get('phase') ~= 'uploading' then return answer('REFUSED') end
if get('last_activity_at') ~= ARGV[4] or get('size_seen') ~= ARGV[5] or get('mtime_ns') ~= ARGV[6] then
    return answer('REFUSED')
end
enter('pending_completion', 'draining')
return answer('OK')
