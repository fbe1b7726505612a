"""`python -m pipelines NAME ...` starts a pipeline: a program that works by itself until it is stopped."""

import signal
import sys
from importlib import import_module

PIPELINES = {"stream": "upload recordings to S3 while they grow"}


def main(words: list[str]) -> int:
    """Start the pipeline that is named; its exit code."""
    if words and words[0] in PIPELINES:
        try:
            code: int = import_module(f"pipelines.{words[0]}.cli").main(words[1:])
        except KeyboardInterrupt:  # Before the pipeline saw to its signals itself: there is nothing to end in order.
            return 128 + signal.SIGINT
        return code
    listed = "".join(f"  {name:10} {what}\n" for name, what in PIPELINES.items())
    text = f"usage: python -m pipelines NAME [OPTION ...]\n\n{listed}\npython -m pipelines NAME --help says more.\n"
    asked = words[:1] in (["-h"], ["--help"])
    if words and not asked:
        text = f"error: there is no pipeline {words[0]!r}\n{text}"
    (sys.stdout if asked else sys.stderr).write(text)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
