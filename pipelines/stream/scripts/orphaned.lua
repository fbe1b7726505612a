-- An upload that nobody refers to, nor will: it is queued to be aborted. ARGV: bucket, key, upload_id, mine.
-- `mine`: the caller made it, or owns the stream and has not made its own yet.
local upload_id = ARGV[6]
local known = get('upload_id')
if redis.call('EXISTS', meta) == 0 and ARGV[7] ~= '1' then return answer('REFUSED') end
if known == upload_id and not (get('phase') == 'done' and get('status') == 'completed') then return answer('REFUSED') end
if ARGV[7] ~= '1' and get('phase') == 'init' then return answer('REFUSED') end
redis.call('HSETNX', abort_queue, ARGV[4] .. '|' .. ARGV[5] .. '|' .. upload_id, whole(now))
return answer('OK')
