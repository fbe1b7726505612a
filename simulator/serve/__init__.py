"""Serve: the simulated services on real sockets, for any client of any language.

    python -m simulator serve s3 --port 9000 --data DIR --credentials KEY:SECRET --bucket films
    python -m simulator serve redis --port 6379
    python -m simulator serve all

| module    | what it is                                                                    |
|-----------|---------------------------------------------------------------------------------|
| `options` | the grammar                                                                   |
| `running` | starts, says that it is ready, waits for a signal, stops                      |
| `service` | what a service has to be to be served                                         |
| `s3`      | options to an S3                                                              |
| `redis`   | options to a Redis                                                            |
| `faults`  | `--fault`, `--slow` and `--flaky`, and which service they are for             |
| `record`  | `--record`: what was asked, as a trace                                        |

Nothing here imports the simulated machine: a server is ready a quarter of a second after its start.
"""

from collections.abc import Sequence

INTERRUPTED = 130
MISUSE = 2
CRASHED = 4


def main(words: Sequence[str]) -> int:
    """Serve as the words say; returns the exit code."""
    from simulator.errors import SoundstageError
    from simulator.report.voice import complain
    from simulator.serve.options import parser

    arguments = parser().parse_args(words)
    try:
        from simulator.serve.running import run

        return run(arguments)
    except SoundstageError as error:
        complain(error)
        return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED
