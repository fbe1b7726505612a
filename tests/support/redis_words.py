"""Random Redis commands of every data type, most of them sensible, some of them wrong in one way or another.

Capitals stand for themselves, small words are drawn from the vocabulary, `A|B` is one of both, a comma joins what
belongs together, `~` makes a word optional and `+` repeats it:

    SET key value ~NX|XX ~GET ~expiry
    ZADD key ~NX|XX ~CH score,member+
"""

from random import Random

KEYS = ("k1", "k2", "k3", "k4")
OPTIONAL = 0.3
WRONG = 0.02
NUMBERS = ("0", "1", "-1", "2", "3", "-2", "5", "10", "-10", "100", "a", "", "1.5", "+1", "01", " 1")
BIG_NUMBERS = ("9223372036854775807", "-9223372036854775808")
FLOATS = (
    "1", "2", "-1", "0", "1.5", "0.1", "3.14", "inf", "-inf", "nan", "a", "", "1e400", "1e308", "1e-400", "0x10", " 1",
    "-0", "1e20", "123456789.123456789", "5e-324", ".5", "5.", "1_0", "2", "3", "10", "-1.5",
)  # fmt: skip
TEXTS = (
    "", "a", "b", "c", "abc", "1", "2", "10", "-5", "3.5", "foo", "x" * 44, "x" * 45, "y" * 65, *BIG_NUMBERS, "0",
    "007", "hello world", "1e3", "a\0b", "12345678901234567890",
)  # fmt: skip
MEMBERS = ("a", "b", "c", "d", "e", "f", "1", "2", "3", "10", "-1", "", "foo", "z" * 65, "aa", "ab")

VOCABULARY: dict[str, tuple[str, ...]] = {
    "key": (*KEYS * 8, "missing"),
    "value": TEXTS,
    "member": MEMBERS,
    "number": (*("0", "1", "-1", "2", "-2", "3", "4", "5") * 6, *NUMBERS, *BIG_NUMBERS),
    "small": ("0", "1", "2", "-1", "-2", "-3", "3", "5", "10", "-10", "100"),
    "float": FLOATS,
    "score": (*("0", "1", "2", "3", "1.5") * 6, *FLOATS),
    "integer": ("1", "2", "3", "4", "5", "-7", "100000", "99999999999"),
    "seconds": ("1000", "0", "-1", "a", BIG_NUMBERS[0]),
    "millis": ("100000", "0", "-1", "a", BIG_NUMBERS[0]),
    "offset": ("0", "1", "2", "3", "7", "8", "9", "15", "16", "31", "100", "-1", "a"),
    "bit": ("0", "1", "0", "1", "2", "a"),
    "field": ("u8", "i8", "u4", "i5", "u63", "i64", "u64", "x", "i0", "u2"),
    "place": ("0", "1", "3", "#1", "#0", "100", "a", "-1"),
    "pattern": ("*", "k?", "k[12]", "k[^1]", "*1", "[", "k\\1", "k[1-3]", "k[3-1]", "**1*", "a*"),
    "end": ("LEFT", "RIGHT", "LEFT", "RIGHT", "x"),
    "side": ("MIN", "MAX", "MIN", "MAX", "x"),
    "low": ("-inf", "0", "(1", "1", "a", "", "(", " 1", "1e400"),
    "high": ("+inf", "2", "(3", "-", "1"),
    "lexlow": ("-", "[a", "(a", "[b", "+", "a", "[", "("),
    "lexhigh": ("+", "[c", "(c", "-", "[z"),
    "wait": ("0.01", "0.001", ".01"),
    "id": ("1-1", "2-1", "3-1", "5-1", "1", "2", "0", "5-2", "7-*", "8-1", "0-0", "x", "-", "+", "(2-1", "3-*", "0-*"),
    "name": ("f", "g", "h"),
    "group": ("g1", "g1", "g1", "g2", "nog"),
    "consumer": ("c1", "c2", "c3"),
    "idle": ("0", "0", "0", "100000", "a"),
    "spot": tuple(f"m{number}" for number in range(30)),
    "unit": ("m", "km", "km", "ft", "mi", "KM", "m", "xx"),
    "radius": ("1", "100", "500", "1000", "5000", "20000", "0.5", "250.75", "100000", "0", "a", "-1"),
    "element": tuple(f"e{number}" for number in range(400)),
    "weights": ("w_*", "k*", "#", "nokey", "k*->a", "w_*->f"),
    "weighed": ("w_1", "w_2", "w_3", "w_a"),
}  # fmt: skip

FAMILIES: dict[str, str] = {
    "strings": """
        SET key value; SET key value ~NX|XX ~GET ~expiry; GET key; GETSET key value; GETDEL key
        GETEX key ~expiry|PERSIST; APPEND key value; STRLEN key; SETRANGE key offset|536870912 value
        GETRANGE key small small; SUBSTR key small number; INCR key; DECR key; INCRBY key number
        DECRBY key number; INCRBYFLOAT key float; MGET key+; MSET key,value+; MSETNX key,value+; SETNX key value
        SETEX key seconds value; PSETEX key millis value; TTL key; EXPIRETIME key
        LCS key key ~LEN ~IDX ~MINMATCHLEN,number ~WITHMATCHLEN""",
    "bits": """
        SETBIT key offset bit; SETBIT key offset bit; GETBIT key offset; BITCOUNT key ~small,small
        BITPOS key bit ~small; BITCOUNT key small small BYTE|BIT|x; BITPOS key bit small small ~BYTE|BIT
        BITOP AND|OR|XOR|NOT|x key key+; SET key value
        BITFIELD key GET,field,place|SET,field,place,number|INCRBY,field,place,number+
        BITFIELD key OVERFLOW WRAP|SAT|FAIL|x INCRBY field place number GET field place
        BITFIELD_RO key GET field place; BITFIELD_RO key SET u8 0 1""",
    "keys": """
        DUMP key; DEL key+; UNLINK key; EXISTS key+; TOUCH key+; TYPE key; PEXPIRE key millis
        EXPIRE key seconds ~NX|XX|GT|LT|x ~NX|XX|GT|LT
        EXPIREAT key 99999999999|1|x; PEXPIREAT key 99999999999999|1; TTL key; PERSIST key
        EXPIRETIME key; RENAME key key; RENAMENX key key; COPY key key ~DB,0|1|99|a|-1 ~REPLACE
        MOVE key 0|1|15|16|a|-1; KEYS pattern; DBSIZE; OBJECT ENCODING|REFCOUNT|IDLETIME|FREQ key
        SCAN 0 COUNT 1000 ~MATCH,pattern; SCAN 0 COUNT 1000 TYPE string|list|x|LIST; SWAPDB 0|1|a|99 1|0|b|100""",
    "hashes": """
        HSET key member,value+; HSET key member,value+; HMSET key member,value+; HSETNX key member value
        HGET key member; HMGET key member+; HDEL key member+; HLEN key; HSTRLEN key member; HEXISTS key member
        HKEYS key; HVALS key; HGETALL key; HINCRBY key member number; HINCRBYFLOAT key member float
        HSCAN key 0 COUNT 1000 ~MATCH,pattern; HRANDFIELD key 100|0|a|5000 ~WITHVALUES|x""",
    "lists": """
        LPUSH key value+; RPUSH key member+; RPUSH key member+; LPUSHX key value; RPUSHX key value+
        LPOP key ~number; RPOP key ~number; LLEN key; LINDEX key number; LSET key number value
        LRANGE key number number; LRANGE key 0 -1; LTRIM key number number; LREM key number member
        LINSERT key BEFORE|AFTER|x member value; LPOS key member ~RANK,number ~COUNT,number ~MAXLEN,number
        LMOVE key key end end; RPOPLPUSH key key; LMPOP 1|2|0|a key key end ~COUNT,number
        LMPOP 1 key end ~COUNT,number""",
    "sets": """
        SADD key member+; SADD key member+; SADD key integer+; SREM key member+; SMOVE key key member
        SISMEMBER key member; SMISMEMBER key member+; SCARD key; SMEMBERS key; SPOP key 0|100|a|-1|1000
        SRANDMEMBER key 0|100|a|1000; SINTER key+; SUNION key+; SDIFF key+; SINTERSTORE key key+
        SUNIONSTORE key key+; SDIFFSTORE key key+; SINTERCARD 1|2|0|a|5 key+ ~LIMIT,number
        SSCAN key 0 COUNT 1000 ~MATCH,pattern""",
    "sortedsets": """
        ZADD key ~NX|XX ~GT|LT ~CH ~INCR score,member; ZADD key score,member+; ZADD key 0,member+
        ZINCRBY key float member; ZREM key member+; ZCARD key; ZSCORE key member; ZMSCORE key member+
        ZRANK key member; ZREVRANK key member; ZRANGE key number number ~WITHSCORES ~REV
        ZRANGE key low high BYSCORE ~REV ~LIMIT,number,number ~WITHSCORES; ZREVRANGE key number number ~WITHSCORES
        ZRANGEBYSCORE key low high ~WITHSCORES ~LIMIT,number,number
        ZREVRANGEBYSCORE key high low ~LIMIT,number,number; ZRANGESTORE key key number number ~REV|BYSCORE|BYLEX
        ZRANGESTORE key key -inf inf BYSCORE ~LIMIT,number,number; ZCOUNT key low high
        ZREMRANGEBYRANK key number number; ZREMRANGEBYSCORE key low high; ZPOPMIN key ~number; ZPOPMAX key ~number
        ZMPOP 1|2|0 key key side ~COUNT,number
        ZUNION 1|2|0|a key key ~WEIGHTS,float,float ~AGGREGATE,SUM|AGGREGATE,MIN|AGGREGATE,MAX|AGGREGATE,x ~WITHSCORES
        ZINTER 2 key key ~WEIGHTS,float,float ~AGGREGATE,MIN ~WITHSCORES; ZDIFF 2 key key ~WITHSCORES
        ZUNIONSTORE key 2 key key ~WEIGHTS,float,float; ZINTERSTORE key 2 key key ~AGGREGATE,MAX
        ZDIFFSTORE key 2 key key; ZINTERCARD 1|2|0|a key key ~LIMIT,number; ZRANDMEMBER key 100|0|a ~WITHSCORES|x
        ZSCAN key 0 COUNT 1000""",
    "lex": """
        ZADD zl 0,member+; ZREM zl member; ZRANGEBYLEX zl lexlow lexhigh ~LIMIT,number,number
        ZLEXCOUNT zl lexlow lexhigh; ZRANGE zl lexlow lexhigh BYLEX ~REV ~LIMIT,number,number ~WITHSCORES
        ZREMRANGEBYLEX zl lexlow lexhigh; ZREVRANGEBYLEX zl lexhigh lexlow ~LIMIT,number,number""",
    "streams": """
        XADD key next name,value+; XADD key next name,value+; XADD key next name,value+
        XADD key ~NOMKSTREAM ~trim id name,value; XADD key trim next name,value; XLEN key
        XRANGE key id id ~COUNT,number; XRANGE key - + ~COUNT,number; XREVRANGE key + - ~COUNT,number
        XREVRANGE key id id; XDEL key recent+; XTRIM key trim; XREAD STREAMS key 0|$|1-1|>|x
        XREAD COUNT number STREAMS key key 0 recent
        XGROUP CREATE key group 0|$|1-1|x ~MKSTREAM ~ENTRIESREAD,number; XGROUP CREATE key g1 0
        XGROUP SETID key group 0|$|3-1 ~ENTRIESREAD,number; XGROUP DESTROY key g2|nog
        XGROUP CREATECONSUMER key group consumer; XGROUP DELCONSUMER key group consumer; XACK key group recent+
        XREADGROUP GROUP group consumer ~COUNT,number ~NOACK STREAMS key >|>|>|0|1-1|$|x; XPENDING key group
        XREADGROUP GROUP g1 consumer STREAMS key key >|0 >
        XPENDING key group ~IDLE,idle -|0|(1-1|x +|5 number ~consumer
        XCLAIM key group consumer idle recent+ ~JUSTID ~FORCE ~RETRYCOUNT,number ~LASTID,id
        XAUTOCLAIM key group consumer idle 0|-|1-1|(1-1|x ~COUNT,number ~JUSTID
        XINFO STREAM key ~FULL,COUNT,number; XINFO GROUPS key; XINFO CONSUMERS key group
        XSETID key id|next ~ENTRIESADDED,number ~MAXDELETEDID,id""",
    "places": """
        GEOADD key ~NX|XX ~CH longitude,latitude,spot+; GEOADD key longitude,latitude,spot+; GEOPOS key spot+
        GEOADD key longitude,latitude,spot+; GEOHASH key spot+; GEODIST key spot spot ~unit
        GEODIST key spot spot km
        GEORADIUS key longitude latitude radius unit ~WITHCOORD ~WITHDIST ~WITHHASH ~ASC|DESC
        GEORADIUS key longitude latitude radius unit ~STORE,key ~STOREDIST,key ~WITHDIST
        GEOSEARCHSTORE key key around area; GEORADIUSBYMEMBER key spot radius unit ~ASC ~WITHDIST ~COUNT,number
        GEORADIUSBYMEMBER_RO key spot radius unit
        GEOSEARCH key around area ~ASC|DESC ~COUNT,number ~ANY ~WITHDIST ~WITHCOORD
        GEOSEARCH key area around ~WITHHASH; GEOSEARCHSTORE key key around area STOREDIST
        GEORADIUS_RO key longitude latitude radius unit ~STORE,key; ZRANGE key 0 -1 WITHSCORES""",
    "loglogs": """
        PFADD key element+; PFADD key element,element,element,element,element+; PFCOUNT key; PFCOUNT key+
        PFMERGE key key+; GET key; STRLEN key; SET key HYLL|x; PFADD key""",
    "sorting": """
        RPUSH key 1|2|3|10|-1|1.5+; RPUSH key member+; SET weighed 1|2|x|3; HSET weighed f 5|6|7; DEL key
        LRANGE key 0 -1; SORT key ~LIMIT,number,number ~GET,weights ~GET,# ~ASC|DESC ~ALPHA
        SORT key BY weights ~GET,weights ~DESC; SORT key BY weights LIMIT number number; SORT key ~ALPHA STORE key
        SORT_RO key ~ALPHA ~STORE,key""",
    "waiting": """
        BLPOP key+ wait|a|-1|inf|1e400; BRPOP key wait; BLMOVE key key end end wait; BRPOPLPUSH key key wait
        BLMPOP wait 1 key end; BZPOPMIN key+ wait|x; BZPOPMAX key wait
        BZMPOP wait|-1 2 key key side ~COUNT,number; RPUSH key member+; ZADD key score,member+; DEL key
        XREAD BLOCK 1 STREAMS key $""",
}


class Talker:
    """Draws commands; stream ids grow from one to the next."""

    def __init__(self, rng: Random, families: list[str] | None = None) -> None:
        self._rng = rng
        self._last = 0
        self._forms = [
            [form.split() for line in FAMILIES[family].splitlines() for form in line.split(";") if form.strip()]
            for family in families or list(FAMILIES)
        ]

    def command(self) -> list[bytes]:
        """The next one."""
        words = [drawn for word in self._rng.choice(self._rng.choice(self._forms)) for drawn in self._expand(word)]
        # One more word behind a command that waits would be how long it waits.
        if self._rng.random() < WRONG and len(words) > 1 and not (words[0][0] == "B" and words[0][1] != "I"):
            words = words[:-1] if self._rng.random() < 0.5 else [*words, self._rng.choice(TEXTS)]
        if self._rng.random() < WRONG:
            words[0] = words[0].lower()
        return [word.encode() for word in words]

    def _expand(self, word: str) -> list[str]:
        if word.startswith("~"):
            return self._expand(word[1:]) if self._rng.random() < OPTIONAL else []
        if word.endswith("+") and len(word) > 1:
            return [drawn for _ in range(self._rng.randint(1, 4)) for drawn in self._expand(word[:-1])]
        alternative = self._rng.choice(word.split("|")) if "|" in word else word
        return [drawn for part in alternative.split(",") for drawn in self._draw(part)]

    def _draw(self, part: str) -> list[str]:
        rng = self._rng
        match part:
            case "next":
                self._last += 1
                return [f"{self._last}-{rng.randint(1, 3)}"]
            case "recent":
                return [f"{max(0, self._last - rng.randint(0, 12))}-{rng.randint(1, 3)}"]
            case "longitude" | "latitude":
                reach, usual = (180, (10, 20)) if part == "longitude" else (85, (30, 40))
                if rng.random() < 0.04:
                    return [rng.choice(("181", "a", "-180", "85.05112878"))]
                place = rng.uniform(-reach, reach) if rng.random() < 0.3 else rng.uniform(*usual)
                return [f"{place:.{rng.choice((0, 6))}f}"]
            case "around":
                return self._expand(rng.choice(("FROMMEMBER,spot", "FROMLONLAT,longitude,latitude")))
            case "area":
                return self._expand(rng.choice(("BYRADIUS,radius,unit", "BYBOX,radius,radius,unit")))
            case "expiry":
                return self._expand(
                    rng.choice(("EX,seconds", "PX,millis", "EXAT,99999999999", "PXAT,1", "KEEPTTL", "EX"))
                )
            case "trim":
                forms = ("MAXLEN,0|MAXLEN,2|MAXLEN,5|MAXLEN,a", "MAXLEN,=,3", "MAXLEN,~,3", "MINID,3-1", "MINID,~,5")
                return self._expand(rng.choice((*forms, "MAXLEN,~,2,LIMIT,1", "MAXLEN,2,LIMIT,1", "LIMIT,1")))
        return [rng.choice(VOCABULARY[part])] if part in VOCABULARY else [part]
