"""Pools: the words that commands are drawn with. A few of each, so that commands meet each other's keys."""

from hashlib import sha1
from typing import Final

_KEYS: Final = {
    "str": "s1 s2 s3",
    "bits": "b1 b2",
    "hash": "h1 h2",
    "list": "l1 l2",
    "set": "t1 t2",
    "zset": "z1 z2",
    "stream": "x1 x2",
    "geo": "g1",
    "hll": "p1 p2",
}
_OFTEN: Final = 6  # As often a key of the own type as all keys together.


def _words(text: str) -> list[bytes]:
    return [word.encode() for word in text.split()]


def _keys() -> dict[str, list[bytes]]:
    every = [key for text in _KEYS.values() for key in _words(text)] + [b"none"]
    own = {kind: _words(text) * _OFTEN * (1 + len(every) // len(_words(text))) + every for kind, text in _KEYS.items()}
    return {**own, "any": every, "missing": [b"none", b"nothing"]}


LONG: Final = b"x" * 70
SCRIPTS: Final = (
    b"return redis.call('GET', KEYS[1])",
    b"return {1, 2.7, 'three', {4, {5}}, nil, 6}",
    b"return {ok='FINE'}",
    b"return {err='MINE not today'}",
    b"return redis.error_reply('no code')",
    b"return redis.status_reply('good')",
    b"return false",
    b"return true",
    b"return nil",
    b"return 2^53",
    b"return -0.5",
    b"return #ARGV",
    b"return KEYS",
    b"return ARGV",
    b"return redis.call('SET', KEYS[1], ARGV[1])",
    b"redis.call('RPUSH', KEYS[1], 'a', 'b'); return redis.call('LRANGE', KEYS[1], 0, -1)",
    b"return redis.pcall('INCR', KEYS[1])",
    b"local r = redis.pcall('LPUSH', KEYS[1], 1); if r['err'] then return r['err'] end return r",
    b"redis.call('INCRBY', KEYS[2], ARGV[2]); return redis.call('INCRBY', KEYS[1], ARGV[2])",
    b"return redis.call('NOTHING')",
    b"return redis.call('GET')",
    b"return redis.call()",
    b"return redis.call('BLPOP', KEYS[1], 0)",
    b"return redis.call('SUBSCRIBE', 'c')",
    b"return redis.call('MULTI')",
    b"return redis.sha1hex(ARGV[1])",
    b"return cjson.encode({1, 'a', {b=2}})",
    b"return cjson.decode(ARGV[1])",
    b"return cmsgpack.unpack(cmsgpack.pack({1, 'a', true}))",
    b"return struct.pack('>I4', 7)",
    b"return bit.band(12, 10)",
    b"return tostring(nil) .. type(redis) .. tostring(1e15) .. tostring(3)",
    b"return string.format('%5.2f|%d|%s', 1.5, 3, 'x')",
    b"x = 1",
    b"return y",
    b"local a = {}; return a.b.c",
    b"return 1 +",
    b"error('broken')",
    b"error({err='MINE own'})",
    b"return tonumber(ARGV[1])",
    b"redis.setresp(3); return redis.call('HGETALL', KEYS[1])",
    b"redis.setresp(3); return {map={a=1}}",
    b"redis.setresp(3); return {double=1.5}",
    b"redis.setresp(3); return redis.call('ZSCORE', KEYS[1], 'a')",
    b"return redis.call('HGETALL', KEYS[1])",
    b"return {redis.REDIS_VERSION, redis.LOG_WARNING}",
    b"return redis.replicate_commands()",
    b"local t = {}; for w in string.gmatch('a b c', '%a') do t[#t+1] = w end; return t",
    b"return #redis.call('TIME')",
    b"return {unpack({1,2,3})}",
    b"#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 1)",
    b"#!lua\nreturn redis.call('SET', KEYS[1], 1)",
    b"#!lua name=x\nreturn 1",
    b"return math.floor(-3.5)",
    b"return select('#', 1, nil, 3)",
    b"return loadstring('return 5')()",
    b"return next({})",
    b"return redis.acl_check_cmd('get', 'x')",
)
_LIBRARY: Final = b"""#!lua name=mine
redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
redis.register_function{function_name='peek', callback=function(keys) return redis.call('GET', keys[1]) end,
                        flags={'no-writes'}}
redis.register_function('fail', function() return redis.error_reply('FAIL on purpose') end)
"""
_LIBRARIES: Final = (
    _LIBRARY, _LIBRARY.replace(b"=mine", b"=other"), b"#!lua name=mine\nreturn 1", b"return 1", b"#!lua\nx",
    b"#!lua name=mine\nredis.register_function('put', function() return 7 end)", b"#!js name=mine\nx",
)  # fmt: skip

_TEXT_DUMP: Final = b"\x00\x03abc\n\x00\xd9\xac0=Ar\xa2\xe2"
_LIST_DUMP: Final = (
    b"\x12\x01\x02\x0e\x0e\x00\x00\x00\x03\x00\x81a\x02\x01\x01\x02\x01\xff\n\x00\xb0\xe3\xd3\xd1\xe5\xdag\xec"
)
_HASH_DUMP: Final = b"\x10\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff\n\x00\x84\xa6\x93\xe8\xaa\x17\xe4\xdb"
_DUMPS: Final = [_TEXT_DUMP, _LIST_DUMP, _HASH_DUMP, b"", b"short", _TEXT_DUMP[:-1] + b"\x00", _LIST_DUMP[1:]]

POOLS: Final[dict[str, list[bytes]]] = {
    **_keys(),
    "value": [
        b"",
        *_words("a b 1 2 10 -5 3.0 0.1 1e3 hello foobar 9223372036854775807 -9223372036854775808 inf nan 007 *"),
        b" 1",
        b"a b",
        b"\x00\xff\r\n",
        LONG,
        b"a" * 45,
    ],
    "int": _words("0 1 -1 2 5 -7 100 9223372036854775807 -9223372036854775808 9223372036854775808 x 1.5 +1 01"),
    "float": _words("0 1 -1 0.1 1.5 -2.25 3e2 1e17 5.0e-3 inf -inf nan x 1.7976931348623157e308"),
    "count": _words("1 1 2 2 3 10 0 -1 x"),
    "index": _words("0 0 1 1 2 -1 -1 -2 -3 5 100 -100 x"),
    "offset": _words("0 1 2 3 5 10 -1 x 536870912"),
    "seconds": _words("100 1000 1000000 0 -1 x 9223372036854775807 9999999999999999"),
    "millis": _words("100000 1000000 999999999 0 -1 x 9223372036854775807"),
    "instant_s": _words("4000000000 5000000000 1 0 -1 x 9223372036854775807"),
    "instant_ms": _words("4000000000000 5000000000123 1 0 -1 x 9223372036854775807"),
    "expire_when": _words("NX XX GT LT NX XX GT LT xx YY"),
    "db": _words("0 0 1 1 9 15 16 -1 x"),
    "pattern": _words("* s* ?1 [sl]* [^s]1 *1 a* a s\\1 [a-m]?"),
    "type": _words("string list set zset hash stream STRING other"),
    "sort_by": _words("nosort s* h1->* s1 none* h*->a"),
    "sort_get": _words("# s* h*->a none"),
    "field": [*_words("a b c d 1 2"), b"", b"f" * 65],
    "member": [*_words("a b c d e 1 2 3 -4 10 99999999999"), b"", b"m" * 65],
    "score": _words("0 1 1 2 2 3 -1 1.5 0.1 1e10 3.3333333333333335 inf -inf nan x 9007199254740993 1e-7 1e21"),
    "weight": _words("1 2 0 -1 0.5 inf x"),
    "score_bound": _words("-inf +inf -inf +inf inf 0 1 2 3 (1 (2 (0 1.5 (1.5 x ( nan"),
    "lex_bound": _words("- + - + [a [b (a (b [c (d [ ( x a"),
    "bit": _words("0 1 1 2 x"),
    "bit_offset": _words("0 1 7 8 9 31 100 -1 x 4294967296"),
    "bit_type": _words("u8 i8 u1 i5 u16 i16 u32 i64 u63 u64 i65 x8 u0"),
    "bit_place": _words("0 1 8 #0 #1 #2 100 -1 x"),
    "new_id": _words("1-1 1-2 1-3 2-1 2-0 3-3 5-1 5-* 7 8-* 0-0 0-1 x 10-1 18446744073709551615-1 1-1-1"),
    "id": _words("1-1 1-2 1-3 2-1 2-0 3-3 5-1 5-0 7 0 0-0 10-1 x"),
    "wait_id": _words("$ 0 1-1 5-0 99-0 x"),
    "from_id": _words("- - 0 1-1 1-2 2 (1-1 5-0 x + 7"),
    "to_id": _words("+ + 99 1-2 2 3-3 (2-1 5-1 x - 7"),
    "group": _words("one one two"),
    "consumer": _words("alice alice bob"),
    "group_id": _words("0 0 $ $ 1-1 2-1 x"),
    "group_read": _words("> > > 0 1-1 x $"),
    "idle": _words("0 0 1000000 -1 x"),
    "longitude": _words("13.361389 15.087269 2.349014 -122.4 0 180 181 x 14.5"),
    "latitude": _words("38.115556 37.502669 48.864716 37.77 0 85.05 86 x 38"),
    "place": _words("palermo catania paris sf nowhere"),
    "radius": _words("100 200 5000 20000 0 -1 x 0.5"),
    "unit": _words("m km mi ft km m x"),
    "resp": _words("2 3 3 4 x"),
    "client_name": [*_words("one two x"), b"", b"a b"],
    "prefix": _words("s h l none"),
    "channel": _words("c1 c2 d"),
    "channel_pattern": _words("c* ?1 * d"),
    "bad_timeout": _words("-1 x 1e400 nan 99999999999999999999"),
    "sha": [b"0" * 40, b"x", *(sha1(script).hexdigest().encode() for script in SCRIPTS[:3])],
    "script": list(SCRIPTS),
    "library": list(_LIBRARIES),
    "user": _words("one one two three"),
    "password": _words("one two x"),
    "rule": _words(
        "on off nopass resetpass >one <one >two ~* ~s* ~l1 %R~s* %W~s* %RW~s* resetkeys allkeys &* &c* resetchannels"
        " allchannels +@all -@all +get -get +set +@read -@write +@string -@dangerous +config|get -client|id +client"
        " allcommands nocommands (~s* clearselectors reset x +nothing -@nothing #1 ~* +@all"
    ),
    "dump": _DUMPS,
    "junk": [b"", b"x", b"-1", b"1e400", b"nx", b"WITHSCORES", b"\xff", b"9223372036854775808", b"*"],
}
