-- A completed file was touched, and its bytes are the same. ARGV: size, mtime_ns.
if get('status') == 'completed' and get('object_size') == ARGV[4] then set('size_seen', ARGV[4], 'mtime_ns', ARGV[5]) end
return answer('OK')
