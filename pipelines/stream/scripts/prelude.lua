-- What every script begins with. KEYS: meta, parts, the four sets, the abort queue, the index.
-- ARGV: the stream's id, its owner and epoch as the caller knows them, then what the script takes.
-- Every script may be run twice: the second run finds its work done and changes nothing.
local meta, parts, abort_queue, index = KEYS[1], KEYS[2], KEYS[7], KEYS[8]
local statuses = {'active', 'pending_completion', 'completed', 'failed'}
local id, owner, epoch = ARGV[1], ARGV[2], ARGV[3]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function whole(number)
    return string.format('%.0f', number)
end

-- The stream, read once and kept as `set` changes it, which alone writes to it; and where each field's value is.
local held, places

local function read()
    held, places = redis.call('HGETALL', meta), {}
    for at = 1, #held, 2 do places[held[at]] = at + 1 end
end

local function get(field)
    if not held then read() end
    return held[places[field]] or ''
end

local function set(...)
    if not held then read() end
    redis.call('HSET', meta, ...)
    local given = {...}
    for at = 1, #given, 2 do
        local field = given[at]
        if not places[field] then
            places[field] = #held + 2
            held[#held + 1] = field
        end
        held[places[field]] = tostring(given[at + 1])
    end
end

-- The verdict, the time, and the stream as it now is.
local function answer(verdict)
    if not held then read() end
    return {verdict, whole(now), unpack(held)}
end

local function fenced()
    return get('owner') ~= owner or get('epoch') ~= epoch
end

local function terminal()
    local status = get('status')
    return status == 'completed' or status == 'failed'
end

-- The hash is the truth; the set follows in the same breath.
local function enter(status, phase)
    set('status', status, 'phase', phase)
    for i, name in ipairs(statuses) do
        redis.call(name == status and 'SADD' or 'SREM', KEYS[2 + i], id)
    end
end

local function progressed()
    set('retry_count', '0', 'next_retry_at', '0', 'retry_reason', '')
end

local function queue_abort(upload_id)
    if upload_id ~= '' then
        redis.call('HSETNX', abort_queue, get('bucket') .. '|' .. get('key') .. '|' .. upload_id, whole(now))
    end
end

local function part(n)
    local text = redis.call('HGET', parts, whole(n))
    if not text then return nil end
    local offset, size = string.match(text, '"offset":(%d+),"size":(%d+)')
    return tonumber(offset), tonumber(size)
end

-- Where the recorded parts end that follow each other from the first, found from part `n` on.
local function recount(n)
    local sent = 0
    while n > 0 do
        local offset, size = part(n)
        if offset then
            sent = offset + size
            break
        end
        n = n - 1
    end
    while true do
        local offset, size = part(n + 1)
        if not offset or offset ~= sent then break end
        n, sent = n + 1, offset + size
    end
    set('contiguous', whole(n), 'bytes_sent', whole(sent))
end
