-- The lease is given back: the next owner need not wait.
if fenced() then return answer('FENCED') end
if not terminal() then set('lease_until', '0') end
return answer('OK')
