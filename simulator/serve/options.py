"""Options: the grammar of `serve`."""

import argparse
from typing import Final

SERVICES: Final = ("s3", "redis", "all")

EPILOG: Final = """When it is ready, one line on stdout says so:  ready s3 http://127.0.0.1:9000
exit codes:
  0 ended by SIGTERM   130 by Ctrl-C   2 misuse: an option, a port or a folder that cannot be used
"""

WORDS: Final = "Serve S3 or Redis on a real port, with any trouble you like."


def parser() -> argparse.ArgumentParser:
    """The grammar by itself; importing it costs next to nothing."""
    made = argparse.ArgumentParser(
        prog="python -m simulator serve",
        description=WORDS,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_to(made)
    return made


def add_to(made: argparse.ArgumentParser) -> None:
    """The options, for this grammar and for that of the whole command line."""
    made.add_argument("service", choices=SERVICES, help="what to serve")
    made.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=port, metavar="N", help="of the one service; 0 takes a free one")
    made.add_argument("--data", default="", metavar="DIR", help="keep everything in DIR, through any crash")
    made.add_argument("--seed", type=whole, metavar="N", help="of ids and of chance, so that they come again")
    made.add_argument("--record", default="", metavar="FILE", help="write what is asked to a trace for `show`")
    made.add_argument("--quiet", action="store_true", help="say nothing but that it is ready")
    _add_trouble(made.add_argument_group("trouble"))
    _add_s3(made.add_argument_group("S3"))
    _add_redis(made.add_argument_group("Redis"))


def _add_trouble(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--fault", action="append", default=[], metavar="SPEC", help="KIND:name=value,...; repeatable")
    group.add_argument("--faults", action="store_true", help="list the kinds of trouble there are, and end")
    group.add_argument("--slow", type=seconds, metavar="SECONDS", help="every answer comes so much later")
    group.add_argument("--flaky", type=chance, metavar="CHANCE", help="so many requests fail, in several ways: 0.2")


def _add_s3(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--s3-port", type=port, metavar="N", help="beside others (default: 9000)")
    group.add_argument(
        "--credentials", action="append", default=[], metavar="KEY:SECRET", help="repeatable (default: test:test)"
    )
    group.add_argument("--bucket", action="append", default=[], metavar="NAME", help="make it at the start; repeatable")
    group.add_argument("--region", default="us-east-1", metavar="NAME", help="(default: us-east-1)")
    group.add_argument("--personality", default="aws", metavar="NAME", help="whose deviations: aws, minio, moto, ...")
    group.add_argument("--no-fsync", action="store_true", help="do not wait for the disk: a power cut may lose data")


def _add_redis(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--redis-port", type=port, metavar="N", help="beside others (default: 6379)")
    group.add_argument("--appendonly", choices=("always", "everysec", "no"), help="when --data is synced")
    group.add_argument("--password", metavar="WORD", help="that clients must give")
    group.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="as in redis.conf; repeatable"
    )


def port(word: str) -> int:
    """A port, or 0 for a free one."""
    if not word.isdecimal() or int(word) > 65_535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {word!r}")
    return int(word)


def whole(word: str) -> int:
    """A whole number."""
    try:
        return int(word, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a seed is a whole number, not {word!r}") from None


def seconds(word: str) -> float:
    """A time of 0 seconds or more."""
    try:
        found = float(word.removesuffix("s"))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:
        raise argparse.ArgumentTypeError(f"seconds from 0 on are expected, not {word!r}")
    return found


def chance(word: str) -> float:
    """A chance from 0 to 1, or in per cent."""
    try:
        found = float(word[:-1]) / 100 if word.endswith("%") else float(word)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"a chance is from 0 to 1, not {word!r}")
    return found
