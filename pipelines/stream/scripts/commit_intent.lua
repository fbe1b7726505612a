-- From here on nothing else than this can be completed. ARGV: upload_id, intent, size_seen, mtime_ns.
if fenced() then return answer('FENCED') end
local known = get('intent')
if known ~= '' then return answer(known == ARGV[5] and 'OK' or 'REFUSED') end
if get('phase') ~= 'draining' or get('upload_id') ~= ARGV[4] then return answer('REFUSED') end
if get('size_seen') ~= ARGV[6] or get('mtime_ns') ~= ARGV[7] then return answer('REFUSED') end
set('intent', ARGV[5], 'phase', 'committing')
progressed()
return answer('OK')
