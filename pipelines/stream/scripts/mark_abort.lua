-- The irrevocable mark without which no upload is aborted. ARGV: reason.
if fenced() then return answer('FENCED') end
local phase = get('phase')
if phase == 'aborting' then return answer('OK') end
if terminal() or phase == 'publishing' then return answer('REFUSED') end
set('phase', 'aborting', 'reason', ARGV[4])
progressed()
queue_abort(get('upload_id'))
return answer('OK')
