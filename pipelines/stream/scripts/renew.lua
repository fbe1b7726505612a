-- The lease goes on. ARGV: ttl_ms.
if fenced() then return {'FENCED', whole(now)} end
if not terminal() then set('lease_until', whole(now + ARGV[4])) end
return {'OK', whole(now)}
