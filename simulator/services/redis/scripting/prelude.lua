-- Prelude: the world that scripts see, as in Redis 7.0: what they may use, what they may not change, where errors are.
-- It is run once for each interpreter with the functions of the host, and returns what the host calls. The host's
-- functions are made C functions (`wrap`), because a tail call to such a one keeps the caller's line for error messages.

local host, wrap = ...
local debug, error, type, tostring, setmetatable, rawget, rawset, setfenv, loadstring, select, xpcall, unpack, newproxy =
    debug, error, type, tostring, setmetatable, rawget, rawset, setfenv, loadstring, select, xpcall, unpack, newproxy
local real_pairs, real_ipairs, real_next, real_getmetatable, floor = pairs, ipairs, next, getmetatable, math.floor
local hidden = setmetatable({}, {__mode = 'k'})  -- what stands behind a table that cannot be changed

local function readonly(content)
    local shell = {}
    hidden[shell] = content
    return setmetatable(shell, {
        __index = content,
        __newindex = function() error('Attempt to modify a readonly table', 2) end,
        __metatable = false,
    })
end

-- Redis libraries -----------------------------------------------------------------------------------------

local redis = {
    LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
    REPL_ALL = 3, REPL_AOF = 1, REPL_SLAVE = 2, REPL_REPLICA = 2, REPL_NONE = 0,
    REDIS_VERSION = '7.0.15', REDIS_VERSION_NUM = 0x0007000f,
}
for _, name in real_ipairs({'call', 'pcall', 'error_reply', 'status_reply', 'sha1hex', 'log', 'setresp', 'set_repl', 'acl_check_cmd'}) do
    redis[name] = wrap(host[name])
end
function redis.replicate_commands() return true end
function redis.breakpoint() return false end
function redis.debug() end
local register = wrap(host.register_function)

local function library(prefix, names, fixed)
    local made = fixed or {}
    for _, name in real_ipairs(names) do made[name] = wrap(host[prefix .. name]) end
    return made
end

local null = newproxy()
local bit = library('bit_', {'tobit', 'bnot', 'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror', 'bswap', 'tohex'})
local cjson = library('json_', {
    'encode', 'decode', 'encode_sparse_array', 'encode_max_depth', 'decode_max_depth', 'encode_number_precision',
    'encode_keep_buffer', 'encode_invalid_numbers', 'decode_invalid_numbers',
}, {null = null, _NAME = 'cjson', _VERSION = '2.1.0'})
function cjson.new() return cjson end
local cmsgpack = library('msgpack_', {'pack', 'unpack', 'unpack_one', 'unpack_limit'}, {
    _NAME = 'cmsgpack', _VERSION = 'lua-cmsgpack 0.4.0', _COPYRIGHT = '', _DESCRIPTION = 'MessagePack for Lua',
})
local struct = library('struct_', {'pack', 'unpack', 'size'})

-- Errors --------------------------------------------------------------------------------------------------

-- An error of the host comes as an object of it; return what a C function would have raised.
local function plain(err, level)
    if type(err) ~= 'userdata' then return err end
    local kind, text = host.error_of(err)
    if kind == 'table' then return {err = text} end
    local info = debug.getinfo(level + 1, 'Sl')
    while info and info.what == 'C' do
        level = level + 1
        info = debug.getinfo(level + 1, 'Sl')
    end
    if info and info.currentline > 0 then text = info.short_src .. ':' .. info.currentline .. ': ' .. text end
    return text
end

-- The globals ---------------------------------------------------------------------------------------------

local math = {}
for name, value in real_pairs(_G.math) do math[name] = value end
function math.random(low, high)
    local r = host.random()
    if low == nil then return r end
    if high == nil then low, high = 1, low end
    if low > high then error("bad argument #1 to 'random' (interval is empty)", 2) end
    return floor(r * (high - low + 1)) + low
end
function math.randomseed(seed) host.randomseed(seed) end

local text = {}
for name, value in real_pairs(string) do text[name] = value end
local tables = {}
for name, value in real_pairs(table) do tables[name] = value end

local env
local function load_checked(code, name)
    if type(code) == 'string' and code:sub(1, 1) == '\27' then return nil, 'attempt to load a bytecode' end
    local f, problem = loadstring(code, name or '=(load)')
    if f then setfenv(f, env) end
    return f, problem
end

local globals = {
    _VERSION = _VERSION, assert = assert, collectgarbage = function() return 0 end, error = error, gcinfo = function() return 0, 0 end, ipairs = function(t)
        return real_ipairs(hidden[t] or t)
    end,
    loadstring = load_checked,
    load = function(f, name)
        local parts = {}
        while true do
            local part = f()
            if not part or part == '' then break end
            parts[#parts + 1] = part
        end
        return load_checked(table.concat(parts), name)
    end,
    next = function(t, key) return real_next(hidden[t] or t, key) end,
    pairs = function(t) return real_pairs(hidden[t] or t) end,
    pcall = function(f, ...)
        local args, count = {...}, select('#', ...)
        local function outcome(good, ...)
            if good then return true, ... end
            local err = ...
            if type(err) == 'table' and rawget(err, 'err') then err = err.err end
            return false, err
        end
        return outcome(xpcall(function() return f(unpack(args, 1, count)) end, function(err) return plain(err, 2) end))
    end,
    rawequal = rawequal, rawget = function(t, key) return rawget(hidden[t] or t, key) end,
    rawset = function(t, key, value)
        if hidden[t] then error('Attempt to modify a readonly table', 2) end
        return rawset(t, key, value)
    end,
    select = select, setmetatable = setmetatable, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack,
    xpcall = function(f, handler)
        return xpcall(f, function(err)
            err = plain(err, 2)
            if type(err) == 'table' and rawget(err, 'err') then err = err.err end
            return handler(err)
        end)
    end,
    coroutine = readonly(coroutine), string = readonly(text), table = readonly(tables), math = readonly(math),
    redis = readonly(redis), cjson = readonly(cjson), cmsgpack = readonly(cmsgpack), struct = readonly(struct),
    bit = readonly(bit),
}
globals.getmetatable = function(value)
    if type(value) == 'string' then return {__index = globals.string} end
    return real_getmetatable(value)
end

local UNKNOWN = "Script attempted to access nonexistent global variable '"
env = setmetatable({}, {
    __index = function(_, name)
        local value = rawget(globals, name)
        if value == nil then error(UNKNOWN .. tostring(name) .. "'", 2) end
        return value
    end,
    __newindex = function() error('Attempt to modify a readonly table', 2) end,
    __metatable = false,
})
hidden[env] = globals
globals._G = env

-- What the host calls -------------------------------------------------------------------------------------

local function handler(err)
    err = plain(err, 2)
    if type(err) ~= 'table' then err = {err = 'ERR ' .. tostring(err)} end
    local level = 2
    while true do
        local info = debug.getinfo(level, 'Sl')
        if not info then break end
        if info.source == '@user_script' or info.source == '@user_function' then
            err.source, err.line = info.source, info.currentline
            break
        end
        level = level + 1
    end
    return err
end

local steps_max, kill = 0, nil
-- From now on every line raises, so that no pcall of the script can catch it for good.
kill = function()
    debug.sethook(kill, 'l')
    error({err = 'ERR ' .. host.why_killed()})
end

local function run(f, ...)
    debug.sethook(kill, '', steps_max)
    local results = {xpcall(f, handler)} debug.sethook() -- on one line: the hook may be one on lines by now
    return results[1], results[2]
end

return {
    null = null,
    limit = function(steps) steps_max = steps end,
    compile = function(code, name)
        if code:sub(1, 1) == '\27' then return nil, 'attempt to load a bytecode' end
        local f, problem = loadstring(code, name)
        if f then setfenv(f, env) end
        return f, problem
    end,
    run = function(f, keys, args)
        globals.KEYS, globals.ARGV = keys, args
        return run(f)
    end,
    call = function(f, keys, args)
        return run(function() return f(keys, args) end)
    end,
    registering = function(on) redis.register_function = on and register or nil end,
}
